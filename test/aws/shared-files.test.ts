// Part of the tests: which home the files of AWS profiles are taken from.
import { describe, expect, it } from 'vitest';
import { type Access, findSharedFiles } from '../../src/aws/shared-files.ts';

const find = (env: Readonly<Record<string, string>>, files: Readonly<Record<string, Access>>) =>
  findSharedFiles(env, (path) => files[path] ?? 'missing');
const NOTHING = { variables: {}, unreadable: [] };

describe(findSharedFiles, () => {
  it('leaves the SDK alone where it finds them by itself', () => {
    const files = { '/home/me/.aws/config': 'readable', '/root/.aws/credentials': 'readable' } as const;

    expect(find({ HOME: '/home/me' }, files)).toEqual(NOTHING);
  });

  it('leads to where the X-Ray daemon’s users mount them, whatever the user and his home', () => {
    const files = {
      '/home/xray/.aws/credentials': 'readable',
      '/root/.aws/credentials': 'readable',
    } as const;

    expect(find({ HOME: '/' }, files).variables).toEqual({
      AWS_SHARED_CREDENTIALS_FILE: '/home/xray/.aws/credentials',
      AWS_CONFIG_FILE: '/home/xray/.aws/config',
    });
    expect(find({}, { '/root/.aws/config': 'readable' }).variables).toEqual({
      AWS_SHARED_CREDENTIALS_FILE: '/root/.aws/credentials',
      AWS_CONFIG_FILE: '/root/.aws/config',
    });
  });

  it('follows nobody but the user where he names a file', () => {
    const files = { '/root/.aws/credentials': 'readable' } as const;

    expect(find({ HOME: '/', AWS_CONFIG_FILE: '/etc/aws' }, files)).toEqual(NOTHING);
    expect(find({ HOME: '/', AWS_SHARED_CREDENTIALS_FILE: '/etc/aws' }, files)).toEqual(NOTHING);
  });

  it('names what it may not read, but only where nothing else can be read', () => {
    const closed = { '/home/xray/.aws/credentials': 'unreadable' } as const;

    expect(find({ HOME: '/' }, closed)).toEqual({
      variables: {},
      unreadable: ['/home/xray/.aws/credentials'],
    });
    expect(find({ HOME: '/' }, { ...closed, '/root/.aws/credentials': 'readable' }).unreadable).toEqual([]);
  });
});

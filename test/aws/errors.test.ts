// Part of the tests: aws/errors.
import { describe, expect, it } from 'vitest';
import { kindOf, readError } from '../../src/aws/errors.ts';

describe(kindOf, () => {
  it.each([
    ['ThrottlingException', 400, 'throttled'],
    ['ThrottledException', 429, 'throttled'],
    ['', 429, 'throttled'],
    ['ExpiredTokenException', 403, 'unauthorized'],
    ['UnrecognizedClientException', 403, 'unauthorized'],
    ['', 401, 'unauthorized'],
    ['AccessDeniedException', 400, 'forbidden'],
    ['', 403, 'forbidden'],
    ['ResourceNotFoundException', 400, 'not_found'],
    ['ResourceAlreadyExistsException', 400, 'exists'],
    ['OperationAbortedException', 400, 'exists'],
    ['InvalidParameterException', 400, 'invalid'],
    ['InvalidRequestException', 400, 'invalid'],
    ['toString', 400, 'invalid'],
    ['', 413, 'too_large'],
    ['ServiceUnavailableException', 503, 'unavailable'],
    ['', 500, 'unavailable'],
    ['', 404, 'unexpected'],
    ['', 302, 'unexpected'],
  ])('takes %j with status %d as %s', (code, status, kind) => {
    expect(kindOf(code, status)).toBe(kind);
  });
});

describe(readError, () => {
  it.each([
    [
      { 'x-amzn-errortype': 'ThrottledException:http://internal.amazon.com/x/' },
      '{"Message":"slow"}',
      'ThrottledException',
      'slow',
    ],
    [
      {},
      '{"__type":"com.amazonaws.logs#InvalidParameterException","message":"bad"}',
      'InvalidParameterException',
      'bad',
    ],
    [{}, '<html>502</html>', '', ''],
    [{}, '[]', '', ''],
    [{}, 'null', '', ''],
  ])('reads %j %s', (headers, body, code, message) => {
    expect(readError(headers, body)).toEqual({ code, message });
  });
});

// Part of provision: tags, which are given to what is made and not looked at afterwards.
import { asJsonObject } from '../config/json.ts';
import { type Member, textUpTo } from '../config/members.ts';

/** Service models of X-Ray and CloudWatch Logs. */
const [KEY, VALUE] = [textUpTo(128), textUpTo(256, 0)];
/** Of one resource. */
const MAX_TAGS = 50;

/** `[{"Key": …, "Value": …}]`, as X-Ray has them. */
export const TAG_LIST: Member = {
  complaint(value) {
    const tags = Array.isArray(value) ? value.map(asJsonObject) : [undefined];
    const areRight = tags.every((tag) => tag && !KEY(tag['Key']) && !VALUE(tag['Value']));
    return areRight && tags.length <= MAX_TAGS
      ? undefined
      : `expected at most ${MAX_TAGS} pairs of Key and Value`;
  },
  isOptional: true,
  example: '[{"Key": "team", "Value": "cruddur"}]',
};

/** `{"key": "value"}`, as CloudWatch Logs has them. */
export const TAG_MAP: Member = {
  complaint(value) {
    const tags = Object.entries(asJsonObject(value) ?? { '': undefined });
    const areRight = tags.every(([key, text]) => !KEY(key) && !VALUE(text));
    return areRight && tags.length <= MAX_TAGS ? undefined : `expected at most ${MAX_TAGS} texts by key`;
  },
  isOptional: true,
  example: '{"team": "cruddur"}',
};

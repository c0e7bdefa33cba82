// Part of sampling: what users may set.
import { text } from '../config/option.ts';

export const RULES_OPTION = 'SIDECAST_SAMPLING_RULES';

export const options = {
  rules: {
    env: RULES_OPTION,
    schema: text(),
    summary:
      'File, or folder of .json files, with sampling rules for the X-Ray SDKs, as aws xray create-sampling-rule takes them. They replace those of AWS; a change counts within seconds.',
    example: '/etc/sidecast/sampling-rules.json',
  },
};

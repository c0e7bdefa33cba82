// Part of app: the options in the order in which people read them, with the titles of help, README and .env.example.
import type { Section } from '../config/document.ts';
import { optionGroups } from './options.ts';

export const sections: readonly Section[] = [
  { title: 'Listeners', options: { ...optionGroups.listeners, ...optionGroups.tls } },
  { title: 'Journal', options: optionGroups.journal },
  { title: 'Kafka', options: optionGroups.kafka },
  {
    title: 'Process',
    options: {
      ...optionGroups.process,
      ...optionGroups.otlpReceiver,
      ...optionGroups.xrayReceiver,
    },
  },
  { title: 'Page', options: optionGroups.recent },
  { title: 'Redaction', options: optionGroups.redact },
  { title: 'Honeycomb', options: optionGroups.honeycomb },
  { title: 'AWS X-Ray', options: { ...optionGroups.aws, ...optionGroups.xray, ...optionGroups.sampling } },
  { title: 'CloudWatch Logs', options: optionGroups.cloudwatchLogs },
  { title: 'Rollbar', options: optionGroups.rollbar },
];

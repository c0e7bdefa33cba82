// Part of config: the documents that come from the declarations, so that they cannot disagree with the parser.
import { flagOf, type Option, type Options, yamlPathOf } from './option.ts';

export interface Section {
  title: string;
  options: Options;
}

/** `--help`: a line an option. */
export function renderOptionsHelp(sections: readonly Section[]): string {
  return sections
    .map(({ title, options }) => {
      const lines = Object.values(options).map(
        (option) =>
          `  ${option.env.padEnd(36)}${option.summary}${option.fallback === undefined ? '' : ` [${option.fallback}]`}`,
      );
      return `${title}\n${lines.join('\n')}`;
    })
    .join('\n\n');
}

/** `.env.example`: every variable, commented out. */
export function renderEnvExample(sections: readonly Section[]): string {
  const parts = sections.map(({ title, options }) => {
    const lines = Object.values(options).map(
      (option) => `# ${option.summary}\n#${option.env}=${option.fallback ?? option.example ?? ''}`,
    );
    return `## ${title}\n${lines.join('\n')}`;
  });
  return `${parts.join('\n\n')}\n`;
}

/** A table of the README. */
export function renderMarkdownTable(options: Options): string {
  const rows = Object.values(options).map(
    (option) =>
      `| ${names(option)} | ${option.fallback === undefined ? '–' : `\`${option.fallback}\``} | ${cell(option.summary)} |`,
  );
  return ['| variable · flag · YAML | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function names(option: Option<unknown>): string {
  const aliases = (option.aliases ?? []).map((alias) => ` (or \`${alias}\`)`).join('');
  const file = option.secret ? ` (or \`${option.env}_FILE\`)` : '';
  return `\`${option.env}\`${aliases}${file} · \`${flagOf(option)}\` · \`${yamlPathOf(option)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

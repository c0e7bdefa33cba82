// Part of the page: keys and values in two columns. Each can be copied, and filtered by.
import type { Attributes } from '../../api/shapes.ts';
import { asText, typeOf } from '../model/important.ts';
import { filterByAttribute } from '../state/address.ts';
import { CopyButton } from './copy.tsx';
import { MarkedText } from './redacted.tsx';

interface Props {
  title?: string;
  attributes: Attributes;
  find: string;
  canFilter?: boolean;
}

export function AttributeTable({ title, attributes, find, canFilter }: Props) {
  const wanted = find.trim().toLowerCase();
  const all = Object.entries(attributes);
  const shown = all
    .filter(([key, value]) => `${key}=${asText(value)}`.toLowerCase().includes(wanted))
    // A stack trace has been shown above, in its own form.
    .filter(([key]) => key !== 'exception.stacktrace')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (all.length === 0) return title ? null : <p class="note">empty</p>;
  return (
    <section class="attributes">
      {title && (
        <h3>
          {title} <span class="note">{wanted === '' ? all.length : `${shown.length} of ${all.length}`}</span>
        </h3>
      )}
      <dl>
        {shown.map(([key, value]) => {
          const text = asText(value);
          return (
            <div key={key}>
              <dt title={key}>{key}</dt>
              <dd title={typeOf(value)}>
                <MarkedText text={text} name={key} />
                <span class="row-actions">
                  {canFilter && (
                    <button
                      type="button"
                      class="plain"
                      title={`Only traces with ${key} = ${text}`}
                      onClick={() => filterByAttribute(key, text)}
                    >
                      filter
                    </button>
                  )}
                  <CopyButton small label={key} text={() => text} />
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

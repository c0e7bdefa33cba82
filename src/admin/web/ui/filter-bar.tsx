// Part of the page: the filter. Each part of it can be seen and taken away by itself.
import { useEffect, useRef, useState } from 'preact/hooks';
import { DESTINATION_NAMES } from '../../../model/signals.ts';
import { type Filter, isFiltered } from '../model/filter.ts';
import { clockOfMs, duration } from '../model/format.ts';
import { clearFilter, filterByAttribute, place, setFilter } from '../state/address.ts';
import { heatmap } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { traces } from '../state/traces.ts';

const SHORTEST_MS = [10, 50, 100, 250, 500, 1000, 5000];
const STATUSES = ['2xx', '3xx', '4xx', '5xx'];

export function FilterBar() {
  const { filter } = useStore(place);
  const { rows } = useStore(traces);
  const routes = useStore(heatmap)?.routes ?? [];
  const services = [
    ...new Set([...(filter.service ? [filter.service] : []), ...rows.flatMap((row) => row.services)]),
  ];
  return (
    <search class="filter">
      <TextField />
      {services.length > 1 && (
        <Choice
          name="service"
          value={filter.service}
          options={services.sort()}
          onChoose={(service) => setFilter('service', service)}
        />
      )}
      <Choice
        name="route"
        value={filter.route}
        options={[...new Set([...(filter.route ? [filter.route] : []), ...routes.map(({ route }) => route)])]}
        onChoose={(route) => setFilter('route', route)}
      />
      <Choice
        name="status"
        value={filter.status}
        options={[...new Set([...STATUSES, ...(filter.status ? [filter.status] : [])])]}
        onChoose={(status) => setFilter('status', status)}
      />
      <Choice
        name="longer than"
        value={filter.min === undefined ? undefined : String(filter.min)}
        options={[...new Set([...SHORTEST_MS, ...(filter.min ? [filter.min] : [])])].map(String)}
        text={(ms) => duration(Number(ms))}
        onChoose={(min) => setFilter('min', min === undefined ? undefined : Number(min))}
      />
      <label class="errors">
        <input
          type="checkbox"
          checked={filter.errors === true}
          onChange={() => setFilter('errors', filter.errors ? undefined : true)}
        />
        errors
      </label>
      <Tokens filter={filter} />
      {isFiltered(filter) && (
        <button type="button" class="plain" onClick={clearFilter}>
          clear
        </button>
      )}
    </search>
  );
}

/** Undefined takes that part of the filter away. */
const TYPING_MS = 250;

function TextField() {
  const { filter } = useStore(place);
  const [text, setText] = useState(filter.q ?? '');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(filter.q ?? ''), [filter.q]);
  const isPair = /^[\w./-]+=/.test(text);
  const search = (value: string) => setFilter('q', value.trim() || undefined);
  return (
    <input
      type="search"
      data-filter
      aria-label="Filter by text, or by an attribute as user.id=42"
      placeholder="text, or user.id=42"
      value={text}
      onInput={(event) => {
        const { value } = event.currentTarget;
        setText(value);
        clearTimeout(timer.current);
        // An attribute is whole when Enter says so.
        if (!/^[\w./-]+=/.test(value)) timer.current = setTimeout(() => search(value), TYPING_MS);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        clearTimeout(timer.current);
        if (!isPair) return search(text);
        const [key = '', ...value] = text.trim().split('=');
        setFilter('q', undefined);
        setText('');
        filterByAttribute(key, value.join('='));
      }}
    />
  );
}

interface ChoiceProps {
  name: string;
  value: string | undefined;
  options: readonly string[];
  text?(option: string): string;
  onChoose(value: string | undefined): void;
}

function Choice({ name, value, options, text = String, onChoose }: ChoiceProps) {
  return (
    <select
      aria-label={name}
      class={value === undefined ? '' : 'is-set'}
      value={value ?? ''}
      onChange={(event) => onChoose(event.currentTarget.value || undefined)}
    >
      <option value="">{name}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {text(option)}
        </option>
      ))}
    </select>
  );
}

function Tokens({ filter }: { filter: Filter }) {
  const { attr, lacks, box } = filter;
  return (
    <>
      {attr.map((pair) => (
        <Token
          key={pair}
          text={pair}
          onRemove={() =>
            setFilter(
              'attr',
              attr.filter((other) => other !== pair),
            )
          }
        />
      ))}
      {lacks && (
        <Token text={`${DESTINATION_NAMES[lacks]} lacks it`} onRemove={() => setFilter('lacks', undefined)} />
      )}
      {box && (
        <Token
          text={`${clockOfMs(box.fromMs).slice(0, 8)} to ${clockOfMs(box.toMs).slice(0, 8)}, ${duration(box.minMs)} to ${duration(box.maxMs)}`}
          onRemove={() => setFilter('box', undefined)}
        />
      )}
    </>
  );
}

function Token({ text, onRemove }: { text: string; onRemove(): void }) {
  return (
    <span class="token">
      {text}
      <button type="button" aria-label={`Remove the filter ${text}`} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}

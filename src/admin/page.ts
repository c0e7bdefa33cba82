// Part of admin: a page that needs nothing but the status. It says what is on, what is off and why.
import { DESTINATION_IDS, DESTINATION_NAMES } from '../model/signals.ts';
import type { Status } from './status.ts';

const REFRESH_SECONDS = 2;

export function renderPage(status: Status): string {
  const rows = DESTINATION_IDS.map((id) => {
    const { state, counts, reason } = status.destinations[id];
    const numbers = [
      counts.accepted,
      counts.delivered,
      counts.queued,
      counts.skipped,
      counts.rejected,
      counts.dropped,
    ];
    const why = reason ? `${reason.message}. ${reason.fix}` : '';
    const cells = numbers.map((number) => `<td class="n">${number.toLocaleString('en')}</td>`).join('');
    return `<tr><th scope="row">${DESTINATION_NAMES[id]}</th><td class="${state}">${state}</td>${cells}<td>${escapeHtml(why)}</td></tr>`;
  });
  const { otlp, xrayUdp } = status.listening;
  const { spans, logs, metrics } = status.receivers.otlp.accepted;
  const received = `${spans} spans, ${logs} log records, ${metrics} metric points, ${status.receivers['aws-xray'].accepted.segments} segments`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${REFRESH_SECONDS}"><title>Sidecast</title>
<style>
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid #8884}
.n{text-align:right;font-variant-numeric:tabular-nums}.on{color:#2a8a3e}.retrying{color:#b07400}.blocked{color:#c5362c}.off{opacity:.6}
</style></head><body>
<h1>Sidecast</h1>
<p>OTLP/HTTP on ${escapeHtml(otlp.join(', '))} · X-Ray on UDP ${escapeHtml(xrayUdp.join(', '))} · received ${received}</p>
<table><thead><tr><th>Destination</th><th>State</th><th class="n">accepted</th><th class="n">delivered</th><th class="n">queued</th><th class="n">skipped</th><th class="n">rejected</th><th class="n">dropped</th><th></th></tr></thead>
<tbody>${rows.join('')}</tbody></table>
<p>Journal: ${status.journal.mode}, ${status.journal.bytes.toLocaleString('en')} of ${status.journal.maxBytes.toLocaleString('en')} bytes</p>
</body></html>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

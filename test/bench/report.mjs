// Part of the tests: the benchmark's results for people to read.

const COLUMNS = [
  ['', ({ title }) => title],
  ['µs/item', ({ cpuMicrosecondsPerItem }) => cpuMicrosecondsPerItem.toFixed(2)],
  ['peer µs/item', ({ peer }) => peer?.cpuMicrosecondsPerItem?.toFixed(2) ?? ''],
  ['peer missing', ({ peer }) => String(peer?.missing ?? '')],
  [
    'ratio',
    ({ peer, cpuMicrosecondsPerItem }) =>
      peer?.cpuMicrosecondsPerItem ? (cpuMicrosecondsPerItem / peer.cpuMicrosecondsPerItem).toFixed(2) : '',
  ],
  ['items', ({ items }) => String(items)],
  ['items/s', ({ itemsPerSecond }) => String(itemsPerSecond)],
  ['once', ({ arrivedOnce, expected }) => `${arrivedOnce}/${expected}`],
  ['missing', ({ missing }) => String(missing)],
  ['twice', ({ duplicated }) => String(duplicated)],
  ['kernel drops', ({ kernelDrops }) => String(kernelDrops)],
  ['B in', ({ bytesInPerItem }) => bytesInPerItem.toFixed(0)],
  ['B out', ({ bytesOutPerItem }) => sum(Object.values(bytesOutPerItem)).toFixed(1)],
  ['peak MiB', ({ peakMemoryMiB }) => peakMemoryMiB.toFixed(0)],
  ['ready ms', ({ readyMs }) => String(readyMs)],
];

/** Left-aligned first column, numbers to the right. */
export function printTable(results) {
  const measured = results.filter(({ error }) => error === undefined);
  const rows = [
    COLUMNS.map(([head]) => head),
    ...measured.map((one) => COLUMNS.map(([, cell]) => cell(one))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  process.stdout.write(`\nnode ${process.version}, CPU time of the sidecast process, user and system\n`);
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
    process.stdout.write(`${cells.join('  ')}\n`);
  }
  for (const { title, error } of results)
    if (error) process.stdout.write(`${title}: could not run: ${error}\n`);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

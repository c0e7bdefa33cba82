// Part of the journal: why it cannot be had.

/** The directory's contents are not for this release, or not for this Node: starting would not deliver them. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

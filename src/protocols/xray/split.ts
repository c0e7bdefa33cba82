// Part of protocols/xray: a document over X-Ray's bound as several. Subsegments go on their own, as they do when an SDK streams.
import { asObject, asText, type JsonObject, parseLenientJson } from './json.ts';

/** A segment or subsegment where it stands in the document. */
interface Node {
  parent: Node | undefined;
  id: string | undefined;
  /** Its members as they are written, `"key": value`; of the subsegments no more than the key. */
  members: { key: string; text: string }[];
  children: Node[];
  /** Of what is written of it, children that are not detached included. */
  bytes: number;
  isDetached: boolean;
}

/**
 * `document` and the parts are bytes as Latin-1 chars. Undefined when no way of splitting makes every part fit. No value is
 * read and written again: a part consists of members as they were, so each keeps its bytes and each id occurs once.
 */
export function splitDocument(document: string, maxBytes: number): readonly string[] | undefined {
  const traceId = asText(asObject(parseLenientJson(document))?.['trace_id']);
  if (traceId === undefined) return undefined;
  const nodes = readNodes(document);
  // Children come after their parents, so from the end each finds its children measured.
  for (const node of nodes.toReversed()) if (!makeFit(node, traceId, maxBytes)) return undefined;
  return nodes
    .filter(({ parent, isDetached }) => isDetached || !parent)
    .map((node) => write(node, headOf(node, traceId)));
}

/** Detaches the node's largest children until the rest of it fits a document of its own. False when it never does. */
function makeFit(node: Node, traceId: string, maxBytes: number): boolean {
  const head = headOf(node, traceId);
  let bytes = measure(node, head);
  for (const child of node.children.toSorted((a, b) => b.bytes - a.bytes)) {
    if (bytes <= maxBytes) break;
    if (headOf(child, traceId) === undefined) continue;
    child.isDetached = true;
    bytes -= child.bytes + 1;
  }
  node.bytes = measure(node);
  return measure(node, head) <= maxBytes;
}

/** What makes a subsegment a document. Undefined for the segment, and for what X-Ray could not place by itself. */
function headOf({ parent, id }: Node, traceId: string): string | undefined {
  if (parent?.id === undefined || id === undefined) return undefined;
  const [trace, parentId] = [traceId, parent.id].map((text) => JSON.stringify(text));
  return `"type":"subsegment","trace_id":${trace},"parent_id":${parentId}`;
}

/** SDKs write these on embedded subsegments too, and not always the parent that it is embedded in. */
const OF_THE_HEAD = new Set(['type', 'trace_id', 'parent_id']);

function measure(node: Node, head?: string): number {
  const sizes = pieces(node, head).map((piece) => (typeof piece === 'string' ? piece.length : piece.bytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** With a stack of its own: code that recurses makes subsegments nested as deep as a document is long. */
function write(root: Node, head: string | undefined): string {
  const written: string[] = [];
  const open = pieces(root, head).reverse();
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    if (typeof piece === 'string') written.push(piece);
    else for (const inner of pieces(piece).reverse()) open.push(inner);
  }
  return written.join('');
}

/** Text, and in its place each child that is not detached. */
function pieces(node: Node, head?: string): (string | Node)[] {
  const kept = node.children.filter((child) => !child.isDetached);
  const members = node.members.flatMap(({ key, text }): (string | Node)[][] => {
    if (head !== undefined && OF_THE_HEAD.has(key)) return [];
    if (key !== 'subsegments') return [[text]];
    return kept.length === 0 ? [] : [['"subsegments":[', ...joined(kept.map((child) => [child])), ']']];
  });
  return ['{', ...joined(head === undefined ? members : [[head], ...members]), '}'];
}

function joined(lists: readonly (readonly (string | Node)[])[]): (string | Node)[] {
  return lists.flatMap((list, index) => (index === 0 ? list : [',', ...list]));
}

const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[{}[\],]|[^\s{}[\],:"]+/g;

/** The segment and all subsegments, parents before children, of a text that is known to be JSON. */
function readNodes(document: string): Node[] {
  const nodes: Node[] = [];
  /** What surrounds the token: a node, the list of a node's subsegments, or something of no concern. */
  const around: ({ node: Node } | { listOf: Node } | undefined)[] = [];
  let member: { key: string; from: number } | undefined;
  let end = 0;
  const endMember = (node: Node) => {
    const isAgain = member?.key === 'subsegments' && node.members.some(({ key }) => key === 'subsegments');
    if (member && !isAgain) node.members.push({ key: member.key, text: document.slice(member.from, end) });
    member = undefined;
  };
  for (const { 0: token, index } of document.matchAll(TOKEN)) {
    const place = around.at(-1);
    const node = place && 'node' in place ? place.node : undefined;
    if (token === '{') {
      const parent = place && 'listOf' in place ? place.listOf : undefined;
      const isNode = parent !== undefined || around.length === 0;
      around.push(isNode ? { node: openNode(nodes, parent) } : undefined);
    } else if (token === '[') {
      const isList = node !== undefined && member?.key === 'subsegments';
      if (isList) endMember(node);
      around.push(isList ? { listOf: node } : undefined);
    } else if (token === ',' || token === '}' || token === ']') {
      if (node) endMember(node);
      if (token !== ',') around.pop();
    } else if (node && !member) {
      member = { key: asText(parseLenientJson(token)) ?? '', from: index };
    }
    end = index + token.length;
  }
  for (const node of nodes) node.id = idOf(node);
  return nodes;
}

function openNode(nodes: Node[], parent: Node | undefined): Node {
  const node: Node = { parent, id: undefined, members: [], children: [], bytes: 0, isDetached: false };
  parent?.children.push(node);
  nodes.push(node);
  return node;
}

function idOf({ members }: Node): string | undefined {
  const member = members.find(({ key }) => key === 'id');
  const read = member ? (parseLenientJson(`{${member.text}}`) as JsonObject | undefined) : undefined;
  return asText(read?.['id']);
}

/** What the n-th file is called that would have the same path: `a (2).png`. */
export function numbered(path: string, n: number): string {
  const dot = path.lastIndexOf(".");
  const end = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
  return `${path.slice(0, end)} (${n})${path.slice(end)}`;
}

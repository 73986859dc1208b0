/** The sentences of the language in use, and numbers written as that language does. */
import type { Strings } from "./languages/en.ts";

const FALLBACK = "en";

/** By their tags: another file in `languages/` is another language. */
const FILES = import.meta.glob<Strings>("./languages/*.ts", { eager: true, import: "default" });
const LANGUAGES = new Map(
  Object.entries(FILES).map(([path, strings]) => [/([\w-]+)\.ts$/.exec(path)?.[1] ?? "", strings]),
);

const KEY = "fewshot.language";

function isLanguage(value: string | null): value is string {
  return value !== null && LANGUAGES.has(value);
}

/** What the link says, else what was chosen before, else what the browser prefers. */
function choose(): string {
  const linked = new URLSearchParams(location.hash.slice(1)).get("lang");
  if (isLanguage(linked)) return linked;
  const kept = remembered();
  if (isLanguage(kept)) return kept;
  // "de-AT" is served by "de" where it has no file of its own.
  const preferred = navigator.languages.flatMap((tag) => [tag, tag.split("-")[0] ?? ""]);
  return preferred.find(isLanguage) ?? FALLBACK;
}

export const language = choose();
export const t: Strings =
  LANGUAGES.get(language) ?? (FILES[`./languages/${FALLBACK}.ts`] as Strings);

/** The tag of every other language, with what its speakers call it. */
export const otherLanguages: readonly (readonly [string, string])[] = [...LANGUAGES]
  .filter(([tag]) => tag !== language)
  .map(([tag, strings]) => [tag, strings.language]);

/** Storage may be forbidden, and the page works without. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function keepLanguage(next: string): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Then the choice lasts as long as the page.
  }
}

const whole = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const finer = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const shift = new Intl.NumberFormat(language, {
  style: "percent",
  maximumFractionDigits: 0,
  signDisplay: "exceptZero",
});
const points = new Intl.NumberFormat(language, {
  maximumFractionDigits: 0,
  signDisplay: "always",
});
const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat(language, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const formatInteger = (n: number): string => whole.format(n);
export const formatPercent = (fraction: number): string => share.format(fraction);
/** How far something is moved, as a share of it. */
export const formatShift = (fraction: number): string => shift.format(fraction);
/** A change of a share, in points; nothing where it rounds to none. */
export const formatChange = (fraction: number): string =>
  Math.abs(fraction) < 0.005 ? "" : points.format(fraction * 100);
export const formatScore = (fraction: number): string => finer.format(fraction);
export const formatDecimal = (n: number): string => decimal.format(n);
export const formatBytes = (bytes: number): string =>
  bytes < 1e9 ? `${tenths.format(bytes / 1e6)} MB` : `${tenths.format(bytes / 1e9)} GB`;
/** Milliseconds: two digits that mean something. */
export const formatDuration = (milliseconds: number): string =>
  milliseconds < 9.95 ? short.format(milliseconds) : whole.format(milliseconds);

/**
 * Which class a picture belongs to, by the folders it lies in: that of the outermost folder under
 * the one that was chosen, past folders that only divide (`train`, `images`, …).
 */

/** Folders that name no class: parts of a data set, and where its pictures are. */
const DIVIDING = /^(train(ing)?|val(id(ation)?)?|test(ing)?|images?|pictures|photos)$/i;
/** What systems and programs leave behind. */
const SYSTEM =
  /^(\.|__MACOSX$|@eaDir$|\$RECYCLE\.BIN$|System Volume Information$|Thumbs\.db$|desktop\.ini$)/i;

export function isHidden(name: string): boolean {
  return SYSTEM.test(name);
}

type Folders = readonly string[];

/** The class of a picture among others, whose folders are all given first; null in no folder. */
export function classOf(all: readonly Folders[]): (folders: Folders) => string | null {
  const within = all.map(naming).filter((folders) => folders.length > 0);
  const [root] = within[0] ?? [];
  const isShared = within.every((folders) => folders[0] === root);
  // The folder that holds the class folders is none; a folder of pictures alone is a class.
  const isOuter = isShared && within.some((folders) => folders.length > 1);
  return (folders) => {
    const named = naming(folders);
    const inner = isOuter && named.length > 1 ? named.slice(1) : named;
    return inner[0] ?? folders[0] ?? null;
  };
}

function naming(folders: Folders): Folders {
  return folders.filter((name) => !DIVIDING.test(name));
}

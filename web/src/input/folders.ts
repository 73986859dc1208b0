/**
 * Which class a picture belongs to, by the folders it lies in: that of the outermost folder under
 * the one that was chosen, past folders that only divide (`train`, `images`, …). The command line
 * has the same rule and the same lists (`trainer/src/data/layout/folders.rs`, `unread.rs`);
 * `tests/folders.json` holds both to it.
 */

/** Folders that name no class: parts of a data set, and where its pictures are. */
const DIVIDING = /^(train(ing)?|val(id(ation)?)?|test(ing)?|images?|img|pictures|photos)$/i;
/** What systems and programs leave behind. */
const SYSTEM =
  /^(\..*|__MACOSX|@eaDir|Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information|lost\+found|#recycle)$/i;

export function isHidden(name: string): boolean {
  return SYSTEM.test(name);
}

type Folders = readonly string[];

/**
 * The class of a picture among others, whose folders are all given first: null in no folder, and
 * undefined for what lies beside class folders and belongs to none.
 */
export function classOf(all: readonly Folders[]): (folders: Folders) => string | null | undefined {
  const [root] = all[0] ?? [];
  const isChosen = root !== undefined && all.every((folders) => folders[0] === root);
  const within = (folders: Folders) => (isChosen ? folders.slice(1) : folders);
  // A folder that holds no class folder is a class itself.
  if (isChosen && all.every((folders) => within(folders).every(divides))) return () => root;
  return (folders) => {
    const inside = within(folders);
    const none = isChosen ? undefined : null;
    return inside.find((name) => !divides(name)) ?? inside[0] ?? none;
  };
}

function divides(name: string): boolean {
  return DIVIDING.test(name);
}

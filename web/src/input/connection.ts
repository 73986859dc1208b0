/** What the browser says of the connection, where it says anything. */

interface Connection {
  readonly saveData?: boolean;
  readonly effectiveType?: string;
}

/** Whether a person asks pages to fetch little, or would wait long for much. */
export function isSlow(): boolean {
  const { connection } = navigator as Navigator & { connection?: Connection };
  if (!connection) return false;
  return (
    connection.saveData === true || ["slow-2g", "2g", "3g"].includes(connection.effectiveType ?? "")
  );
}

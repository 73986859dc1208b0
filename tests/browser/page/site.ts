/** A server before the site, so that a test can change what it answers, or when. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  /** Below the site's base path. */
  path: string;
  body: Buffer;
}

export interface Site extends AsyncDisposable {
  /** With the site's base path. */
  address: string;
  /** Changes an answer; or gives a status instead, or a promise that holds it back half-way. */
  change: (answer: Answer) => Buffer | number | { half: Promise<void> };
}

export async function siteBefore(base: string): Promise<Site> {
  const site = {
    address: "",
    change: ({ body }: Answer) => body as ReturnType<Site["change"]>,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const { pathname } = new URL(base);
  const server = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url ?? "/", base));
    const body = Buffer.from(await answer.arrayBuffer());
    const path = new URL(request.url ?? "/", base).pathname.slice(pathname.length);
    const changed = site.change({ path, body });
    response.statusCode = answer.status;
    response.setHeader("content-type", answer.headers.get("content-type") ?? "");
    if (Buffer.isBuffer(changed)) return response.end(changed);
    if (typeof changed === "number") {
      response.statusCode = changed;
      return response.end();
    }
    response.write(body.subarray(0, body.length / 2));
    await changed.half;
    return response.end(body.subarray(body.length / 2));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`;
  return site;
}

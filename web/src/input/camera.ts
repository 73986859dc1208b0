/** The camera: a stream that is shown, frames taken from it, front or rear, and an end to it. */

export type Facing = "user" | "environment";

/** Larger frames only cost time: a model sees a few hundred pixels at most. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 } };
/** Of a photograph: a tenth of the bytes of a lossless one. */
const QUALITY = 0.92;

export class Camera {
  readonly video: HTMLVideoElement;
  #stream: MediaStream | null = null;
  /** Of the camera in use, where it says so. */
  facing: Facing | null = null;

  constructor(video: HTMLVideoElement) {
    this.video = video;
  }

  static get isPossible(): boolean {
    return navigator.mediaDevices?.getUserMedia !== undefined;
  }

  /** Rejects where there is no camera or the person does not allow it. */
  start(): Promise<void> {
    return this.#open({ facingMode: "environment" });
  }

  /** The camera that faces the other way; where none says how it faces, the next one. */
  async turn(): Promise<void> {
    const other: Facing = this.facing === "user" ? "environment" : "user";
    const next = await this.#next();
    try {
      await this.#open({ facingMode: { exact: other } });
    } catch {
      await this.#open(next === null ? {} : { deviceId: { exact: next } });
    }
  }

  /** How many there are; known for sure only once one was allowed. */
  static async count(): Promise<number> {
    return (await cameras()).length;
  }

  async #open(which: MediaTrackConstraints): Promise<void> {
    this.stop();
    this.#stream = await navigator.mediaDevices.getUserMedia({
      video: { ...WANTED, ...which },
      audio: false,
    });
    const facing = this.#settings?.facingMode;
    this.facing = facing === "user" || facing === "environment" ? facing : null;
    this.video.srcObject = this.#stream;
    await this.video.play();
  }

  get #settings(): MediaTrackSettings | undefined {
    return this.#stream?.getVideoTracks()[0]?.getSettings();
  }

  async #next(): Promise<string | null> {
    const ids = (await cameras()).map((device) => device.deviceId);
    const at = ids.indexOf(this.#settings?.deviceId ?? "");
    return ids[(at + 1) % ids.length] ?? null;
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }

  /** Whether there is a frame: a camera says how large its frames are before the first one comes. */
  get isRunning(): boolean {
    const { readyState, HAVE_CURRENT_DATA } = this.video;
    return this.#stream !== null && readyState >= HAVE_CURRENT_DATA;
  }

  /** A frame for the worker, which closes it; null where none is left, as between two cameras. */
  async frame(): Promise<ImageBitmap | null> {
    try {
      return await createImageBitmap(this.video);
    } catch (error) {
      if (error instanceof DOMException && error.name === "InvalidStateError") return null;
      throw error;
    }
  }

  /** A frame as a picture file. */
  async photograph(name: string): Promise<File> {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, "image/jpeg", QUALITY),
    );
    return new File(blob ? [blob] : [], name, { type: "image/jpeg" });
  }
}

async function cameras(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput");
}

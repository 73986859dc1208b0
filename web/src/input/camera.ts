/** The camera: a stream that is shown, frames taken from it, front or rear, and an end to it. */

export type Facing = "user" | "environment";

/** Larger frames only cost time: a model sees a few hundred pixels at most. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 } };

export class Camera {
  readonly video: HTMLVideoElement;
  #stream: MediaStream | null = null;
  facing: Facing = "environment";

  constructor(video: HTMLVideoElement) {
    this.video = video;
  }

  static get isPossible(): boolean {
    return navigator.mediaDevices?.getUserMedia !== undefined;
  }

  /** Rejects where there is no camera or the person does not allow it. */
  async start(facing: Facing): Promise<void> {
    this.stop();
    this.facing = facing;
    this.#stream = await navigator.mediaDevices.getUserMedia({
      video: { ...WANTED, facingMode: facing },
      audio: false,
    });
    this.video.srcObject = this.#stream;
    await this.video.play();
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }

  /** Whether frames come. */
  get isRunning(): boolean {
    return this.#stream !== null && this.video.videoWidth > 0;
  }

  /** A frame for the worker, which closes it. */
  frame(): Promise<ImageBitmap> {
    return createImageBitmap(this.video);
  }

  /** A frame as a picture file. */
  async photograph(name: string): Promise<File> {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    return new File(blob ? [blob] : [], name, { type: "image/png" });
  }
}

/** How a browser is asked to decode a picture, everywhere: the values of the file, upright. */
export const AS_IT_IS: ImageBitmapOptions = {
  colorSpaceConversion: "none",
  imageOrientation: "from-image",
  premultiplyAlpha: "none",
};

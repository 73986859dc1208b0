//! What a file is, by its name, and how long a browser may keep it.

use std::path::Path;

/// The media type; browsers compile WebAssembly as it streams in only with the right one.
pub fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("gif") => "image/gif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Vite puts a digest of the content into the name of everything in `assets/`, so those files
/// never change; all others are asked for again.
pub fn cache_control(file: &Path) -> &'static str {
    let hashed = file.parent().is_some_and(|folder| folder.ends_with("assets"));
    if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
}

use super::*;

fn config(size: usize, resize: usize, channels: usize) -> ImageConfig {
    ImageConfig {
        size,
        channels,
        mean: vec![0.5; channels],
        std: vec![0.25; channels],
        resize,
        framing: Framing::Crop,
        invert: false,
        mirror: false,
        shift: 0,
    }
}

/// Deterministic noise, so that no two neighbouring bytes agree by design.
fn bytes(count: usize) -> Vec<u8> {
    (0..count as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn a_picture_of_the_right_size_is_left_as_it_is() {
    let data = bytes(12 * 12 * 3);
    let pixels = Pixels::rgb8(12, 12, &data).unwrap();
    assert_eq!(prepare(&config(12, 12, 3), &pixels).unwrap(), data);
}

#[test]
fn the_crop_is_central_with_halves_to_even() {
    // 9 wide, 4 high: 5 spare columns, 2.5 each side, rounded to 2.
    let data = bytes(9 * 4);
    let pixels = Pixels::l8(9, 4, &data).unwrap();
    let prepared = prepare(&config(4, 4, 1), &pixels).unwrap();
    let expected: Vec<u8> = data.chunks(9).flat_map(|row| row[2..6].to_vec()).collect();
    assert_eq!(prepared, expected);
    assert_eq!([centre(7, 4), centre(9, 4), centre(8, 4)], [2, 2, 2]);
}

#[test]
fn one_colour_stays_that_colour_at_any_scale() {
    for (width, height) in [(1, 1), (3, 200), (501, 77), (84, 84)] {
        let data = [13u8, 200, 255].repeat(width * height);
        let pixels = Pixels::rgb8(width, height, &data).unwrap();
        let prepared = prepare(&config(20, 23, 3), &pixels).unwrap();
        assert_eq!(prepared, [13, 200, 255].repeat(20 * 20), "{width} x {height}");
    }
}

#[test]
fn shrinking_averages_rather_than_skips() {
    // A fine checkerboard has only its mean left; without antialiasing it would
    // turn black or white.
    let data: Vec<u8> =
        (0..160 * 160).map(|index| if (index + index / 160) % 2 == 0 { 0 } else { 255 }).collect();
    let pixels = Pixels::l8(160, 160, &data).unwrap();
    let prepared = prepare(&config(16, 16, 1), &pixels).unwrap();
    assert!(prepared.iter().all(|value| (120..=135).contains(value)), "{prepared:?}");
}

#[test]
fn grey_becomes_equal_channels_and_grey_again() {
    let data = bytes(10 * 10);
    let grey = Pixels::l8(10, 10, &data).unwrap();
    let colour = prepare(&config(8, 9, 3), &grey).unwrap();
    let single = prepare(&config(8, 9, 1), &grey).unwrap();
    assert_eq!(colour, single.iter().flat_map(|&v| [v; 3]).collect::<Vec<_>>());
    let back = Pixels::rgb8(8, 8, &colour).unwrap();
    assert_eq!(convert(&back, 1).unwrap(), single);
}

#[test]
fn transparent_is_white_and_opaque_is_its_colour() {
    let data = [[10, 20, 30, 0], [10, 20, 30, 255]].concat().repeat(2);
    let pixels = Pixels::rgba8(2, 2, &data).unwrap();
    assert_eq!(convert(&pixels, 3).unwrap(), [255, 255, 255, 10, 20, 30].repeat(2));
}

#[test]
fn squashed_pictures_keep_their_ends() {
    // Half of the picture that the crop throws away.
    let data: Vec<u8> =
        (0..4 * 12).map(|i| if (3..9).contains(&(i % 12)) { 0 } else { 200 }).collect();
    let wide = Pixels::l8(12, 4, &data).unwrap();
    let squash = ImageConfig { framing: Framing::Squash, ..config(4, 4, 1) };
    let row = |config: &ImageConfig| prepare(config, &wide).unwrap()[..4].to_vec();
    assert!(row(&config(4, 4, 1)).iter().all(|value| *value < 50));
    let squashed = row(&squash);
    assert!(squashed[0] > 150 && squashed[3] > 150 && squashed[1] < 50, "{squashed:?}");
    let square = Pixels::l8(6, 6, &data[..36]).unwrap();
    assert_eq!(prepare(&squash, &square).unwrap(), prepare(&config(4, 4, 1), &square).unwrap());
}

#[test]
fn inverting_turns_ink_bright() {
    let data = bytes(50);
    let pixels = Pixels::l8(5, 10, &data).unwrap();
    let plain = prepare(&config(4, 5, 1), &pixels).unwrap();
    let inverted = prepare(&ImageConfig { invert: true, ..config(4, 5, 1) }, &pixels).unwrap();
    assert!(plain.iter().zip(&inverted).all(|(a, b)| a + b == 255));
}

#[test]
fn normalising_gives_planes() {
    let config =
        ImageConfig { mean: vec![0.0, 0.5, 1.0], std: vec![1.0, 0.5, 0.25], ..config(2, 2, 3) };
    let prepared = [0, 0, 0, 255, 255, 255, 51, 51, 51, 102, 102, 102];
    let expected =
        [[0.0, 1.0, 0.2, 0.4], [-1.0, 1.0, -0.6, -0.2], [-4.0, 0.0, -3.2, -2.4]].concat();
    for (actual, expected) in normalise(&config, &prepared).unwrap().iter().zip(expected) {
        assert!((actual - expected).abs() < 1e-6, "{actual} {expected}");
    }
}

#[test]
fn a_stretch_of_an_axis_is_a_crop_and_a_resize() {
    let data = bytes(30 * 20);
    let pixels = Pixels::l8(30, 20, &data).unwrap();
    let cropped: Vec<u8> =
        data.chunks(30).skip(4).take(12).flat_map(|row| row[7..23].to_vec()).collect();
    let cropped = Pixels::l8(16, 12, &cropped).unwrap();
    let inside = resample(
        &pixels,
        1,
        // One source pixel beyond the stretch would leak in at its edges when
        // growing, so it is compared where the filter does not reach them.
        &Axis::stretch(30, 7.0, 16.0, 8).window(1, 6),
        &Axis::stretch(20, 4.0, 12.0, 6).window(1, 4),
    );
    let whole =
        resample(&cropped, 1, &Axis::whole(16, 8).window(1, 6), &Axis::whole(12, 6).window(1, 4));
    assert_eq!(inside, whole);
}

#[test]
fn a_very_long_picture_costs_no_memory_for_what_is_cropped_away() {
    let data = vec![7; MAX_SIDE];
    let pixels = Pixels::l8(MAX_SIDE, 1, &data).unwrap();
    assert_eq!(prepare(&config(84, 92, 1), &pixels).unwrap(), vec![7; 84 * 84]);
}

#[test]
fn what_is_wrong_is_said() {
    assert_eq!(Pixels::l8(0, 3, &[]).unwrap_err(), ImageError::Side { width: 0, height: 3 });
    assert_eq!(
        Pixels::rgba8(2, 2, &[0; 12]).unwrap_err(),
        ImageError::Length { width: 2, height: 2, expected: 16, actual: 12 }
    );
    let data = [0; 4];
    let pixels = Pixels::l8(2, 2, &data).unwrap();
    assert_eq!(prepare(&config(2, 2, 4), &pixels).unwrap_err(), ImageError::Channels { actual: 4 });
    assert_eq!(
        prepare(&config(3, 2, 1), &pixels).unwrap_err(),
        ImageError::Crop { size: 3, resize: 2 }
    );
    assert_eq!(
        normalise(&config(2, 2, 1), &[0; 5]).unwrap_err(),
        ImageError::Prepared { expected: 4, actual: 5 }
    );
    let flat = ImageConfig { std: vec![0.0], ..config(2, 2, 1) };
    assert_eq!(normalise(&flat, &data).unwrap_err(), ImageError::Normalisation { channels: 1 });
}

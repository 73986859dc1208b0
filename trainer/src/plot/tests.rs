use super::*;

fn scatter() -> ScatterFigure {
    let kinds = [Kind::Real, Kind::Hallucinated, Kind::Prototype];
    let mark = |number: usize| Mark {
        at: [(number * 7 % 11) as f32, (number * 3 % 13) as f32],
        class: number % 2,
        kind: kinds[number % 3],
    };
    ScatterFigure {
        title: "Features".into(),
        subtitle: "t-SNE, seed 0".into(),
        classes: vec!["house finch".into(), "Grüße <&> a name that does not end".into()],
        marks: (0..30).map(mark).collect(),
    }
}

fn accuracy(values: Vec<(f64, f64)>) -> AccuracyFigure {
    AccuracyFigure {
        title: "Accuracy".into(),
        subtitle: "5-way".into(),
        axis: "hallucinations".into(),
        settings: values.iter().enumerate().map(|(index, _)| index.to_string()).collect(),
        lines: vec![Line { name: "1-shot".into(), values }],
    }
}

#[test]
fn a_scatter_has_a_legend_and_a_marker_for_each_kind() {
    let text = String::from_utf8(svg(&scatter()).unwrap()).unwrap();
    for part in ["house finch", "hallucinated", "prototype", "t-SNE, seed 0", "&lt;&amp;&gt;"] {
        assert!(text.contains(part), "{part}");
    }
    for element in ["<circle", "<polygon", "<line", "…"] {
        assert!(text.contains(element), "{element}");
    }
}

#[test]
fn a_png_has_text_and_points_and_the_ending_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figure.png");
    save(&scatter(), &path).unwrap();
    let picture = image::open(&path).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (854 * 2, 700 * 2));
    // Text of the title is drawn: without a typeface there would be none.
    let dark = picture.enumerate_pixels().filter(|(_, y, pixel)| *y < 80 && pixel.0[0] < 100);
    assert!(dark.count() > 300);
    let error = save(&scatter(), &folder.path().join("figure.pdf")).unwrap_err().to_string();
    assert!(error.contains("figure.pdf: name it .svg or .png"), "{error}");
}

#[test]
fn a_confusion_has_every_name_twice_and_every_share() {
    let figure = ConfusionFigure {
        title: "Confusion".into(),
        subtitle: "5-way".into(),
        classes: vec!["house finch".into(), "robin".into()],
        shares: vec![vec![0.91, 0.09], vec![0.4, 0.6]],
    };
    let text = String::from_utf8(svg(&figure).unwrap()).unwrap();
    for (part, times) in [("house finch", 2), ("robin", 2), ("9.0", 1), ("91", 1), ("40", 1)] {
        assert!(text.matches(&format!("\n{part}\n")).count() == times, "{part}: {text}");
    }
    assert!(text.contains("rotate(270"), "names of columns stand upright: {text}");
}

#[test]
fn ticks_enclose_what_is_drawn() {
    for values in [vec![(0.5, 0.01), (0.61, 0.02)], vec![(0.9, 0.0)], vec![], vec![(0.0, 0.0)]] {
        let text = String::from_utf8(svg(&accuracy(values.clone())).unwrap()).unwrap();
        assert!(text.contains(" %"), "{values:?}");
    }
    let text = String::from_utf8(svg(&accuracy(vec![(0.5, 0.01), (0.61, 0.02)])).unwrap()).unwrap();
    assert!(text.contains("48 %") && text.contains("64 %") || text.contains("65 %"), "{text}");
}

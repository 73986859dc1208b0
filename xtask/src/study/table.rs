//! A study's table in Markdown, from the lines recorded.

use super::carry_out::TIME;
use super::plan::Study;
use super::record::Line;

/// Rows and columns stand in the order in which the study's file names them; a cell without a
/// result is a dash.
pub fn of(study: &Study, lines: &[Line]) -> String {
    let rows = distinct(study.run.iter().map(|run| run.row.clone()));
    let columns = distinct(columns(study));
    let mut text = vec![
        format!("| {} | {} |", study.rows, columns.join(" | ")),
        format!("|---|{}", "---|".repeat(columns.len())),
    ];
    for row in rows {
        let cell = |column: &String| {
            let found = lines.iter().rfind(|line| line.row == row && line.column == *column);
            found.map_or_else(|| "–".to_owned(), |line| shown(study, line))
        };
        let cells: Vec<_> = columns.iter().map(cell).collect();
        text.push(format!("| {row} | {} |", cells.join(" | ")));
    }
    text.join("\n")
}

/// The columns' names, as `carry_out` gives them to its cells.
fn columns(study: &Study) -> impl Iterator<Item = String> {
    let timed = study.run.iter().any(|run| run.time);
    let evaluated = study.run.iter().flat_map(|run| &run.eval).flat_map(|evaluation| {
        let column = &evaluation.column;
        let mut names = vec![column.clone()];
        if evaluation.outsiders {
            names.push(format!("{column}, AUROC"));
        }
        let later = evaluation.hallucinate.iter().skip(1);
        names.extend(later.map(|count| format!("{column}, M = {count}")));
        if evaluation.spread {
            names.push(format!("{column}, variance"));
        }
        names
    });
    evaluated.chain(timed.then(|| TIME.to_owned()))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

fn shown(study: &Study, line: &Line) -> String {
    let digits = match line.column.as_str() {
        column if column.ends_with("AUROC") || column.ends_with("variance") => 3,
        TIME => 1,
        _ => 2,
    };
    let value = if line.difference {
        format!("{:+.digits$}", line.value)
    } else {
        format!("{:.digits$}", line.value)
    };
    let value = line.ci95.map_or(value.clone(), |ci95| format!("{value} ± {ci95:.digits$}"));
    match told(study, line) {
        Some(told) => format!("{value} ({told})"),
        None => value,
    }
}

/// What the study wants told of a cell's training.
fn told<'a>(study: &Study, line: &'a Line) -> Option<&'a str> {
    let key = format!("{}=", study.told.as_ref()?);
    line.trained.as_ref()?.split(' ').filter_map(|change| change.strip_prefix(&key)).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_find_their_places() {
        let study = Study::parse(
            r#"
            data = "cifar-fs"
            recipe = "reference"
            split = "test"
            episodes = 10
            rows = "distance"
            told = "stage.episodic.episodes"
            [[run]]
            row = "l2"
            eval = [{ column = "1-shot", shots = 1, hallucinate = [0, 10], spread = true }]
            [[run]]
            row = "dot"
            eval = [{ column = "5-shot", shots = 5 }]
            time = true
            "#,
        )
        .unwrap();
        let line = |column: &str, value, difference| Line {
            row: "l2".into(),
            column: column.into(),
            value,
            ci95: Some(0.5),
            difference,
            ..Line::default()
        };
        let time = Line { ci95: None, row: "dot".into(), ..line(TIME, 9.06, false) };
        let trained = "fewshot train --set stage.episodic.episodes=9 --set seed=1".to_owned();
        let first = Line { trained: Some(trained), ..line("1-shot", 43.654, false) };
        let lines = [first, line("1-shot, M = 10", 1.0, true), time];
        let expected = "| distance | 1-shot | 1-shot, M = 10 | 1-shot, variance | 5-shot | ms a picture |\n\
                        |---|---|---|---|---|---|\n\
                        | l2 | 43.65 ± 0.50 (9) | +1.00 ± 0.50 | – | – | – |\n\
                        | dot | – | – | – | – | 9.1 |";
        assert_eq!(of(&study, &lines), expected);
    }
}

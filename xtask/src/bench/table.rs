//! Tables in Markdown.

use super::ratio::{Duel, Goal, Spread, Verdict};

/// A table from its first line and the others.
pub fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut table = line(head.to_vec());
    table += &format!("|{}\n", "---|".repeat(head.len()));
    for row in rows {
        table += &line(row.iter().map(String::as_str).collect());
    }
    table.trim_end().to_owned()
}

/// Who was how fast, and by how much: a line for each piece of work.
pub fn duels(duels: &[Duel]) -> String {
    let rows: Vec<_> = duels.iter().map(row).collect();
    let head = ["", "Fewshot, ms", "fastest peer, ms", "times faster", "must / aim", ""];
    markdown(&head, &rows)
}

fn row(duel: &Duel) -> Vec<String> {
    let ratio = duel.ratio();
    let peer = duel.fastest_peer().map(|peer| format!("{} ({})", ms(peer.median()), peer.name));
    vec![
        duel.what.clone(),
        ms(duel.ours.median()),
        peer.unwrap_or_default(),
        times(ratio),
        format!("{} / {}", duel.goal.must, duel.goal.aim),
        duel.goal.at_least(ratio.median).to_string(),
    ]
}

/// Every contender's median, for whoever wants to see the slower ones too.
pub fn contenders(duels: &[Duel]) -> String {
    let mut rows = Vec::new();
    for duel in duels {
        for timed in std::iter::once(&duel.ours).chain(&duel.peers) {
            let Spread { min, median, max } = Spread::of(&timed.ms);
            let cells = [duel.what.clone(), timed.name.clone(), ms(min), ms(median), ms(max)];
            rows.push(cells.to_vec());
        }
    }
    markdown(&["", "", "min, ms", "median, ms", "max, ms"], &rows)
}

/// A line for a figure that should be small.
pub fn figure(what: &str, shown: String, value: f64, goal: Goal, unit: &str) -> Vec<String> {
    let Goal { must, aim } = goal;
    let verdict: Verdict = goal.at_most(value);
    vec![what.into(), shown, format!("{must} / {aim} {unit}"), verdict.to_string()]
}

/// `2.31 (2.02 to 2.74)`.
fn times(Spread { min, median, max }: Spread) -> String {
    format!("**{median:.2}** ({min:.2} to {max:.2})")
}

/// Three digits that mean something.
pub fn ms(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ratio::Timed;
    use super::*;

    #[test]
    fn a_duel_becomes_a_line_with_its_verdict() {
        let timed = |name: &str, ms: &[f64]| Timed { name: name.into(), ms: ms.to_vec() };
        let duel = Duel {
            what: "encoding".into(),
            ours: timed("Fewshot", &[10.0, 10.0, 10.0]),
            peers: vec![timed("PyTorch", &[24.0, 25.0, 30.0])],
            goal: Goal { must: 2.0, aim: 3.0 },
        };
        let table = duels(std::slice::from_ref(&duel));
        let line = table.lines().nth(2).unwrap();
        let expected =
            "| encoding | 10.0 | 25.0 (PyTorch) | **2.50** (2.40 to 3.00) | 2 / 3 | must met |";
        assert_eq!(line, expected);
        assert_eq!(contenders(&[duel]).lines().count(), 4);
    }

    #[test]
    fn milliseconds_have_three_digits() {
        assert_eq!([0.123, 12.34, 123.4].map(ms), ["0.12", "12.3", "123"]);
    }

    #[test]
    fn a_figure_is_held_against_its_goal() {
        let goal = Goal { must: 300.0, aim: 200.0 };
        let line = figure("module", "250 KB".into(), 250.0, goal, "KB");
        assert_eq!(line, ["module", "250 KB", "300 / 200 KB", "must met"]);
    }
}

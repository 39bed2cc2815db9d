//! Prometheus' text format, version 0.0.4. It is three rules, so no crate is asked for them.

use std::fmt::{Display, Write};

/// A text in the making.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// A family of figures begins. All its samples follow before the next family.
    pub(super) fn family(&mut self, name: &str, sort: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {sort}\n");
    }

    /// One figure. Labels without a value are left out, which means the same.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// The text.
    pub(super) fn done(self) -> String {
        self.0
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_written_as_prometheus_reads_it() {
        let mut text = Text::default();
        text.family("x_total", "counter", "Some x.");
        text.sample("x_total", &[("network", "a\"b\\c\nd"), ("none", "")], 3);
        text.sample("x_total", &[], 0.5);
        let expected =
            "# HELP x_total Some x.\n# TYPE x_total counter\nx_total{network=\"a\\\"b\\\\c\\nd\"} 3\nx_total 0.5\n";
        assert_eq!(text.done(), expected);
    }
}

//! The table of `freehold model bench`.

use library::quantity;
use serde_json::{Value, json};

use super::peer::Measured;
use super::speed::{Figure, Limits, Memory, Task};

/// What was measured, ours and theirs.
pub struct Report {
    figures: Vec<(Task, Figure)>,
    memory: Memory,
    limits: Limits,
    theirs: Option<Measured>,
}

impl Report {
    pub fn new(
        figures: Vec<(Task, Figure)>,
        memory: Memory,
        limits: Limits,
        theirs: Option<Measured>,
    ) -> Self {
        Self {
            figures,
            memory,
            limits,
            theirs,
        }
    }

    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .figures
            .iter()
            .map(|(task, figure)| {
                let theirs = self.theirs_at(*task);
                json!({
                    "task": task.to_string(),
                    "tokens_per_second": figure.tokens_per_second,
                    "of_limit": self.share(figure),
                    "peer_tokens_per_second": theirs,
                    "ratio": theirs.map(|theirs| figure.tokens_per_second / theirs),
                })
            })
            .collect();
        json!({
            "rows": rows,
            "load_seconds": self.memory.load.as_secs_f64(),
            "weight_bytes": self.memory.weight_bytes,
            "peak_bytes": self.memory.peak_bytes,
            "limit_flops": self.limits.flops,
            "limit_bytes_per_second": self.limits.bytes_per_second,
            "instructions": kernels::Isa::current().name(),
            "peer": self.theirs.as_ref().map(|theirs| json!({
                "name": theirs.name,
                "load_seconds": theirs.load_seconds,
                "peak_bytes": theirs.peak_bytes,
            })),
        })
    }

    pub fn text(&self) -> String {
        let mut text = match &self.theirs {
            Some(theirs) => format!(
                "{:<28}{:>10}{:>10}{:>20}{:>8}\n",
                "", "tokens/s", "of limit", theirs.name, "ratio"
            ),
            None => format!("{:<28}{:>10}{:>10}\n", "", "tokens/s", "of limit"),
        };
        for (task, figure) in &self.figures {
            let rate = figure.tokens_per_second;
            let share = 100.0 * self.share(figure);
            text += &format!("{:<28}{rate:>10.1}{share:>9.0}%", task.to_string());
            if let Some(theirs) = self.theirs_at(*task) {
                text += &format!("{theirs:>20.1}{:>8.2}", rate / theirs);
            }
            text.push('\n');
        }
        text += &format!("\nloaded in {:.2} s", self.memory.load.as_secs_f64());
        if let Some(theirs) = &self.theirs {
            text += &format!("; {} in {:.2} s", theirs.name, theirs.load_seconds);
        }
        text += &format!("\nweights {}", quantity::bytes(self.memory.weight_bytes));
        if let Some(peak) = self.memory.peak_bytes {
            text += &format!(", memory at most {}", quantity::bytes(peak));
            if let Some(theirs) = self.theirs.as_ref().map(|theirs| theirs.peak_bytes) {
                let ratio = peak as f64 / theirs as f64;
                text += &format!("; theirs {}, ratio {ratio:.2}", quantity::bytes(theirs));
            }
        }
        text += &format!(
            "\nlimits: {:.0} GFLOP/s of f32 and {:.1} GB/s with these threads, instructions {}\n",
            self.limits.flops / 1e9,
            self.limits.bytes_per_second / 1e9,
            kernels::Isa::current().name(),
        );
        text
    }

    /// How near a figure is to the limit that binds it.
    fn share(&self, figure: &Figure) -> f64 {
        figure.tokens_per_second / self.limits.tokens_per_second(figure)
    }

    fn theirs_at(&self, task: Task) -> Option<f64> {
        let theirs = self.theirs.as_ref()?;
        let rate = theirs.rates.iter().find(|(known, _)| *known == task);
        rate.map(|(_, rate)| *rate)
    }
}

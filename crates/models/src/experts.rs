//! Mixtures of experts: a router chooses for each token a few feed-forward layers out of many.
//! Source: Shazeer et al. 2017; Fedus et al. 2021.
//!
//! Shapes: T tokens, C hidden, E experts, F feed-forward of one expert, N tokens that chose it.

use tensor::files::View;
use tensor::ops::{Over, add_weighted_rows, gather_rows, linear, linears, shares_of};
use tensor::{Context, Tensor, Weight};

use crate::error::Error;
use crate::feed_forward::Gate;
use crate::loader::Loader;

/// The experts of a layer.
pub(crate) struct Experts {
    experts: Vec<Expert>,
    gate: Gate,
}

/// A gated feed-forward layer.
pub(crate) struct Expert {
    /// `[F, C]`
    pub gate: Weight,
    /// `[F, C]`
    pub up: Weight,
    /// `[C, F]`
    pub down: Weight,
}

/// How many experts, of which size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpertSizes {
    /// E
    pub count: usize,
    /// C
    pub hidden: usize,
    /// F
    pub inner: usize,
}

/// Which experts compute for which tokens, and how much each counts.
pub(crate) struct Routes {
    /// `[T, top]`
    shares: Tensor,
    /// By expert.
    experts: Vec<Route>,
}

#[derive(Clone, Default)]
struct Route {
    rows: Vec<u32>,
    /// Where their shares are, as places in the array of all.
    places: Vec<u32>,
}

/// How experts are chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// Experts for each token.
    pub top: usize,
    /// Whether the shares of the chosen sum to one.
    pub is_normalised: bool,
}

impl Choice {
    /// The experts of most share by a softmax of `logits [T, E]`; of equal ones the earlier. Shares are scaled by the
    /// `factors [E]` of the experts where there are any.
    pub fn routes(&self, cx: &Context, logits: &Tensor, factors: Option<&[f32]>) -> Routes {
        let experts = logits.width();
        let top = self.top.min(experts);
        let mut routes = vec![Route::default(); experts];
        let mut chosen = Vec::with_capacity(logits.rows() * top);
        let mut order: Vec<usize> = Vec::with_capacity(experts);
        for token in 0..logits.rows() {
            let logits = logits.row(token);
            order.clear();
            order.extend(0..experts);
            order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
            for expert in &order[..top] {
                routes[*expert].rows.push(token as u32);
                routes[*expert].places.push(chosen.len() as u32);
                chosen.push(*expert as u32);
            }
        }
        let over = match self.is_normalised {
            true => Over::Chosen,
            false => Over::All,
        };
        Routes {
            shares: shares_of(cx, logits, &chosen, over, factors), // [T, top]
            experts: routes,
        }
    }
}

impl Experts {
    /// Those of a layer.
    pub fn new(experts: Vec<Expert>, gate: Gate) -> Self {
        Self { experts, gate }
    }

    /// The experts of `mlp`, which is what the names of theirs begin with, as `model.layers.3.mlp`: one by one, as three arrays of all, or with gates and
    /// ups one after the other in a single array.
    pub fn load(
        loader: &Loader<'_>,
        mlp: &str,
        sizes: ExpertSizes,
        gate: Gate,
    ) -> Result<Self, Error> {
        let ExpertSizes {
            count,
            hidden,
            inner,
        } = sizes;
        let name = |part: &str| format!("{mlp}.experts.{part}");
        let experts: Result<Vec<Expert>, Error> = if loader.has(&name("0.gate_proj.weight")) {
            let linear =
                |part: String, outputs, inputs| loader.linear(&name(&part), outputs, inputs);
            let experts = (0..count).map(|expert| {
                Ok(Expert {
                    gate: linear(format!("{expert}.gate_proj"), inner, hidden)?,
                    up: linear(format!("{expert}.up_proj"), inner, hidden)?,
                    down: linear(format!("{expert}.down_proj"), hidden, inner)?,
                })
            });
            experts.collect()
        } else if loader.learns_whole() {
            let flaw = format!(
                "the experts of `{mlp}` are stored in one array, and learn one by one or with adapters beside them"
            );
            return Err(Error::Config(flaw));
        } else {
            let [gates, ups] = gates_and_ups(loader, mlp, sizes)?;
            let ending = if loader.has(&name("down_proj")) {
                ""
            } else {
                ".weight"
            };
            let downs = loader.view(
                &name(&format!("down_proj{ending}")),
                &[count, hidden, inner],
            )?;
            let experts = (0..count).map(|expert| {
                Ok(Expert {
                    gate: loader.pack(&gates(expert)),
                    up: loader.pack(&ups(expert)),
                    down: loader.pack(&downs.at(expert)),
                })
            });
            let experts = experts.collect();
            for part in [
                "gate_up_proj",
                "gate_proj.weight",
                "up_proj.weight",
                "down_proj",
            ] {
                loader.release(&name(part));
            }
            experts
        };
        Ok(Self::new(experts?, gate))
    }

    /// Adds to `onto` what the chosen experts make of `x`, by their shares. Both are `[T, C]`.
    pub fn forward_onto(
        &self,
        cx: &Context,
        mut onto: Tensor,
        x: &Tensor,
        routes: &Routes,
    ) -> Tensor {
        for (expert, route) in self.experts.iter().zip(&routes.experts) {
            if route.rows.is_empty() {
                continue;
            }
            let h = gather_rows(cx, x, &route.rows); // [N, C]
            let [gate, up] = linears(cx, &h, [&expert.gate, &expert.up]); // [N, F] twice
            let y = linear(cx, &self.gate.apply(cx, &gate, &up), &expert.down); // [N, C]
            let shares = (&routes.shares, &route.places[..]);
            onto = add_weighted_rows(cx, onto, &y, &route.rows, shares); // [T, C]
        }
        onto
    }

    /// Their matrices, with the share of tokens that meet each.
    pub fn weights(&self, choice: Choice) -> impl Iterator<Item = (&Weight, f64)> {
        let share = choice.top as f64 / self.experts.len().max(1) as f64;
        let experts = self.experts.iter();
        experts.flat_map(move |expert| {
            [&expert.gate, &expert.up, &expert.down].map(|weight| (weight, share))
        })
    }
}

/// The matrix of one expert.
type Of<'a> = Box<dyn Fn(usize) -> View<'a> + 'a>;

/// Gates and ups, stored apart or as one.
fn gates_and_ups<'a>(
    loader: &Loader<'a>,
    mlp: &str,
    sizes: ExpertSizes,
) -> Result<[Of<'a>; 2], Error> {
    let ExpertSizes {
        count,
        hidden,
        inner,
    } = sizes;
    let fused = format!("{mlp}.experts.gate_up_proj");
    if !loader.has(&fused) {
        let all = ["gate_proj", "up_proj"].map(|part| {
            let name = format!("{mlp}.experts.{part}.weight");
            loader.view(&name, &[count, inner, hidden])
        });
        let [gates, ups] = all;
        let (gates, ups) = (gates?, ups?);
        return Ok([
            Box::new(move |expert| gates.at(expert)),
            Box::new(move |expert| ups.at(expert)),
        ]);
    }
    let both = loader.view(&fused, &[count, 2 * inner, hidden])?;
    let again = both.clone();
    Ok([
        Box::new(move |expert| both.at(expert).rows(0..inner)),
        Box::new(move |expert| again.at(expert).rows(inner..2 * inner)),
    ])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tensor::Pool;

    use super::*;

    impl Routes {
        fn share(&self, expert: usize, number: usize) -> f32 {
            self.shares.values()[self.experts[expert].places[number] as usize]
        }
    }

    #[test]
    fn the_experts_of_most_share_are_chosen() {
        let cx = Context::new(Arc::new(Pool::of_all_cores()));
        let logits = cx.tensor([2, 4], &[0.0, 2.0, 1.0, 2.0, 5.0, 0.0, 0.0, 0.0]);
        let choice = Choice {
            top: 2,
            is_normalised: true,
        };
        let routes = choice.routes(&cx, &logits, None);
        let rows: Vec<&[u32]> = routes.experts.iter().map(|route| &*route.rows).collect();
        // Of the three equal ones of the second token the first is taken.
        assert_eq!(rows, [&[1][..], &[0, 1], &[], &[0]]);
        assert_eq!(routes.share(3, 0), 0.5);
        let sum = routes.share(0, 0) + routes.share(1, 1);
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        let halved = choice.routes(&cx, &logits, Some(&[1.0, 1.0, 1.0, 0.5]));
        assert_eq!(halved.share(3, 0), 0.25);

        let raw = Choice {
            top: 1,
            is_normalised: false,
        };
        let share = raw.routes(&cx, &logits, None).share(1, 0);
        let exact = 2_f32.exp() / (1.0 + 2.0 * 2_f32.exp() + 1_f32.exp());
        assert!((share - exact).abs() < 1e-6, "{share} {exact}");
    }
}

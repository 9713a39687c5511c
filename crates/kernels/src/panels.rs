//! The order in which a matrix product visits its weights, whatever their format.
//!
//! Weights lie in panels of [`PANEL`] outputs. A thread owns some panels and carries each past all
//! rows of the input while it is in its nearest cache; every output is summed by one thread in one
//! order, so results depend neither on the number of threads nor on that of rows.

use std::cell::RefCell;
use std::ops::Range;

use crate::aligned::Aligned;
use crate::columns::Columns;
use crate::pool::Pool;

/// Outputs that lie side by side in packed weights.
pub const PANEL: usize = 16;

/// Bytes of input that a thread keeps in its second cache beside a panel.
pub(crate) const INPUT_BYTES: usize = 192 << 10;

/// Products of numbers below which handing out work takes longer than doing it.
const SMALL: usize = 1 << 17;

/// Pieces of work for each thread.
const PIECES: usize = 8;

/// What happens to a product before it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue<'a> {
    /// It replaces the output.
    Store,
    /// It is added to the output, as to a residual stream.
    Add,
    /// A bias `[outputs]` is added to it.
    Bias(&'a [f32]),
}

/// Computes one tile: the products of `rows` rows from `row` on with the panel of that number.
pub(crate) type Tile<'a> = &'a (dyn Fn(usize, usize, usize, &mut [[f32; PANEL]]) + Sync);

/// What [`visit`] is to go over, and how.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub rows: usize,
    pub outputs: usize,
    /// Rows of a tile at most.
    pub tile_rows: usize,
    /// Whether tiles may be lower, so that all are about as high.
    pub is_even: bool,
    /// What a row of the input weighs.
    pub row_bytes: usize,
}

/// Runs `tile` over all rows and outputs.
pub(crate) fn visit(
    out: &mut [f32],
    plan: Plan,
    epilogue: Epilogue<'_>,
    pool: &Pool,
    tile: Tile<'_>,
) {
    let Plan {
        rows,
        outputs,
        tile_rows,
        ..
    } = plan;
    if let Epilogue::Bias(bias) = epilogue {
        assert_eq!(bias.len(), outputs, "a bias has one number for each output");
    }
    let block = (INPUT_BYTES / plan.row_bytes.max(1)).max(tile_rows) / tile_rows * tile_rows;
    let columns = Columns::new(out, rows, outputs);
    let panels = outputs.div_ceil(PANEL);
    if rows * outputs * plan.row_bytes < SMALL {
        return visit_panels(&columns, plan, block, 0..panels, epilogue, tile);
    }
    // Several pieces a thread: one that is held up by others of the machine leaves the rest to them.
    let piece = panels.div_ceil(PIECES * pool.threads()).max(1);
    pool.deal(panels.div_ceil(piece), &|number| {
        let panels = number * piece..panels.min((number + 1) * piece);
        visit_panels(&columns, plan, block, panels, epilogue, tile);
    });
}

thread_local! {
    /// The products of a tile; kept from call to call, so that a steady loop allocates nothing.
    static MADE: RefCell<Aligned> = RefCell::new(Aligned::zeroed(0));
}

/// Carries some panels past all rows, a block of them at a time.
fn visit_panels(
    columns: &Columns<'_>,
    plan: Plan,
    block: usize,
    panels: Range<usize>,
    epilogue: Epilogue<'_>,
    tile: Tile<'_>,
) {
    MADE.with_borrow_mut(|made| {
        let most = plan.tile_rows.min(plan.rows);
        let bytes = most * size_of::<[f32; PANEL]>();
        if made.bytes() < bytes {
            *made = Aligned::zeroed(bytes);
        }
        let made = made.of_mut::<[f32; PANEL]>();
        for first in (0..plan.rows).step_by(block) {
            let end = (first + block).min(plan.rows);
            let size = if plan.is_even {
                even_tiles(end - first, plan.tile_rows)
            } else {
                plan.tile_rows
            };
            for panel in panels.clone() {
                for row in (first..end).step_by(size) {
                    let made = &mut made[..size.min(end - row)];
                    tile(panel, row, made.len(), made);
                    for (at, made) in made.iter().enumerate() {
                        let start = panel * PANEL;
                        let write = |out: &mut [f32]| finish(out, made, epilogue, start);
                        // SAFETY: panels belong to one thread each.
                        unsafe { columns.with(row + at, start, PANEL, write) };
                    }
                }
            }
        }
    });
}

/// Rows of a tile when `rows` are cut into as few tiles as there must be, all about as high: two of four
/// are quicker than one of six and one of two.
pub(crate) fn even_tiles(rows: usize, most: usize) -> usize {
    rows.div_ceil(rows.div_ceil(most).max(1)).max(1)
}

fn finish(out: &mut [f32], made: &[f32; PANEL], epilogue: Epilogue<'_>, start: usize) {
    // How long a whole panel is, the compiler knows: it becomes a few registers instead of a loop.
    match <&mut [f32; PANEL]>::try_from(&mut *out) {
        Ok(whole) => finish_any(whole, made, epilogue, start),
        Err(_) => finish_any(out, made, epilogue, start),
    }
}

#[inline(always)]
fn finish_any(out: &mut [f32], made: &[f32; PANEL], epilogue: Epilogue<'_>, start: usize) {
    match epilogue {
        Epilogue::Store => out.copy_from_slice(&made[..out.len()]),
        Epilogue::Add => out
            .iter_mut()
            .zip(made)
            .for_each(|(out, made)| *out += made),
        Epilogue::Bias(bias) => {
            let bias = &bias[start..start + out.len()];
            for ((out, made), bias) in out.iter_mut().zip(made).zip(bias) {
                *out = made + bias;
            }
        }
    }
}

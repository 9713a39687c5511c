//! The keys or the values of all pages: blocks of one head's tokens in one page.

use std::cell::RefCell;

use ::half::{bf16, f16};

use super::{CacheType, PAGE, Run};
use crate::aligned::Aligned;
use crate::element::{Element, place};
use crate::panels::PANEL;

#[derive(Clone)]
pub(super) struct Half {
    cache_type: CacheType,
    dim: usize,
    blocks: usize,
    numbers: Aligned,
    /// `[blocks, 64]`, where the type has scales.
    scales: Aligned,
}

impl Half {
    /// Blocks of zeros in some memory, of which the bytes are asked for.
    pub fn new(
        blocks: usize,
        dim: usize,
        cache_type: CacheType,
        memory: fn(usize) -> Aligned,
    ) -> Self {
        let (size, has_scales) = match cache_type {
            CacheType::F32 => (4, false),
            CacheType::Bf16 | CacheType::F16 => (2, false),
            CacheType::Q8 => (1, true),
        };
        let scales = if has_scales { blocks * PAGE * 4 } else { 0 };
        Self {
            cache_type,
            dim,
            blocks,
            numbers: memory(blocks * PAGE * dim * size),
            scales: memory(scales),
        }
    }

    pub fn bytes(&self) -> usize {
        self.numbers.bytes() + self.scales.bytes()
    }

    /// Copies `count` blocks over others.
    pub fn copy(&mut self, from: usize, to: usize, count: usize) {
        assert!(
            from.max(to) + count <= self.blocks,
            "pages that are there to be copied"
        );
        for memory in [&mut self.numbers, &mut self.scales] {
            let length = memory.bytes() / self.blocks.max(1);
            let bytes = memory.of_mut::<u8>();
            bytes.copy_within(from * length..(from + count) * length, to * length);
        }
    }

    /// The numbers of a block.
    pub fn block<T: Element>(&self, block: usize) -> &[T] {
        let length = PAGE * self.dim;
        &self.numbers.of::<T>()[block * length..][..length]
    }

    /// The scales of a block's tokens, where there are any.
    pub fn scales(&self, block: usize) -> Option<&[f32; PAGE]> {
        self.scales.of::<f32>().as_chunks().0.get(block)
    }

    /// Opens the blocks to be written by several threads.
    pub fn open(&mut self) -> Open<'_> {
        Open {
            cache_type: self.cache_type,
            dim: self.dim,
            blocks: self.blocks,
            numbers: self.numbers.of_mut::<u8>().as_mut_ptr(),
            scales: self.scales.of_mut::<f32>().as_mut_ptr(),
            owner: std::marker::PhantomData,
        }
    }
}

/// Blocks of which each thread writes others.
pub(super) struct Open<'a> {
    cache_type: CacheType,
    dim: usize,
    blocks: usize,
    numbers: *mut u8,
    scales: *mut f32,
    owner: std::marker::PhantomData<&'a mut Half>,
}

// SAFETY: the pointers stand for mutable borrows of plain numbers; those who write promise to keep to
// blocks of their own.
unsafe impl Sync for Open<'_> {}

thread_local! {
    /// A few tokens as they will be kept; from call to call, so that a steady loop allocates nothing.
    static KEPT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Open<'_> {
    /// Writes the keys of a run of tokens.
    ///
    /// # Safety
    /// No other thread touches the block while this one does.
    pub unsafe fn write_keys(&self, run: Run, from: &[f32]) {
        match self.cache_type {
            // SAFETY: the caller's promise, and the type of the numbers.
            CacheType::F32 => unsafe { self.write::<f32>(run, from, scatter_keys) },
            // SAFETY: the same.
            CacheType::Bf16 => unsafe { self.write::<bf16>(run, from, scatter_keys) },
            // SAFETY: the same.
            CacheType::F16 => unsafe { self.write::<f16>(run, from, scatter_keys) },
            // SAFETY: the same.
            CacheType::Q8 => unsafe { self.write::<i8>(run, from, scatter_keys) },
        }
    }

    /// Writes the values of a run of tokens.
    ///
    /// # Safety
    /// No other thread touches the block while this one does.
    pub unsafe fn write_values(&self, run: Run, from: &[f32]) {
        match self.cache_type {
            // SAFETY: the caller's promise, and the type of the numbers.
            CacheType::F32 => unsafe { self.write::<f32>(run, from, scatter_values) },
            // SAFETY: the same.
            CacheType::Bf16 => unsafe { self.write::<bf16>(run, from, scatter_values) },
            // SAFETY: the same.
            CacheType::F16 => unsafe { self.write::<f16>(run, from, scatter_values) },
            // SAFETY: the same.
            CacheType::Q8 => unsafe { self.write::<i8>(run, from, scatter_values) },
        }
    }

    /// Rounds sixteen tokens at a time, and puts them where they belong.
    ///
    /// # Safety
    /// No other thread touches the block while this one does, and its numbers are of this type.
    unsafe fn write<T: Element>(&self, run: Run, from: &[f32], scatter: Scatter<T>) {
        assert!(run.block < self.blocks && run.slot + run.count <= PAGE);
        let length = PAGE * self.dim;
        let numbers: *mut T = self.numbers.cast();
        // SAFETY: there is such a block.
        let start = unsafe { numbers.add(run.block * length) };
        // SAFETY: nobody else touches the block, as the caller promises.
        let block = unsafe { std::slice::from_raw_parts_mut(start, length) };
        KEPT.with_borrow_mut(|kept| {
            kept.resize(PANEL * self.dim, 0.0);
            let kept: &mut [T] = &mut bytemuck::cast_slice_mut(kept)[..PANEL * self.dim];
            let mut done = 0;
            while done < run.count {
                let slot = run.slot + done;
                let count = (PANEL - slot % PANEL).min(run.count - done);
                for (token, kept) in kept.chunks_exact_mut(self.dim).take(count).enumerate() {
                    let worth = T::take(&from[(done + token) * run.width..][..self.dim], kept);
                    if self.cache_type == CacheType::Q8 {
                        let at = run.block * PAGE + slot + token;
                        // SAFETY: there are as many scales as tokens in all blocks.
                        let scale = unsafe { self.scales.add(at) };
                        // SAFETY: it is of this block.
                        unsafe { scale.write(worth) };
                    }
                }
                scatter(&kept[..count * self.dim], self.dim, slot, block);
                done += count;
            }
        });
    }
}

/// Puts tokens `[tokens, dim]`, all of one panel of keys, at a slot of a block.
type Scatter<T> = fn(&[T], usize, usize, &mut [T]);

fn scatter_keys<T: Element>(tokens: &[T], dim: usize, slot: usize, block: &mut [T]) {
    let panel = &mut block[slot / PANEL * PANEL * dim..][..PANEL * dim];
    for (token, numbers) in tokens.chunks_exact(dim).enumerate() {
        for (input, number) in numbers.iter().enumerate() {
            panel[place::<T>(input, slot % PANEL + token)] = *number;
        }
    }
}

fn scatter_values<T: Element>(tokens: &[T], dim: usize, slot: usize, block: &mut [T]) {
    for (token, numbers) in tokens.chunks_exact(dim).enumerate() {
        let panels = block.chunks_exact_mut(PANEL * PAGE);
        for (numbers, panel) in numbers.as_chunks::<PANEL>().0.iter().zip(panels) {
            for (output, number) in numbers.iter().enumerate() {
                panel[place::<T>(slot + token, output)] = *number;
            }
        }
    }
}

//! A warehouse: stock, reservations, reorders and first-in-first-out cost.

use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockError {
    Unknown(String),
    NotEnough { wanted: u32, free: u32 },
    NoReservation(u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Lot {
    count: u32,
    unit_cost: u64,
}

#[derive(Debug, Clone, Default)]
struct Item {
    lots: VecDeque<Lot>,
    reserved: u32,
    minimum: u32,
    target: u32,
}

impl Item {
    fn on_hand(&self) -> u32 {
        self.lots.iter().map(|lot| lot.count).sum()
    }

    fn free(&self) -> u32 {
        self.on_hand() - self.reserved
    }

    /// Takes `count` units from the oldest lots and returns what they cost.
    fn consume(&mut self, count: u32) -> u64 {
        let mut left = count;
        let mut cost = 0;
        while left > 0 {
            let Some(lot) = self.lots.front_mut() else {
                break;
            };
            let taken = left.min(lot.count);
            cost += u64::from(taken) * lot.unit_cost;
            lot.count -= taken;
            left -= taken;
            if lot.count == 0 {
                self.lots.pop_front();
            }
        }
        cost
    }
}

#[derive(Debug, Clone)]
struct Reservation {
    sku: String,
    count: u32,
}

#[derive(Debug, Default)]
pub struct Warehouse {
    items: BTreeMap<String, Item>,
    reservations: BTreeMap<u32, Reservation>,
    next_id: u32,
    cost_of_sales: u64,
}

impl Warehouse {
    pub fn new() -> Self {
        Warehouse {
            next_id: 1,
            ..Warehouse::default()
        }
    }

    /// Registers an item that is reordered up to `target` when fewer than `minimum` are free.
    pub fn register(&mut self, sku: &str, minimum: u32, target: u32) {
        let item = self.items.entry(sku.to_string()).or_default();
        item.minimum = minimum;
        item.target = target;
    }

    fn item(&mut self, sku: &str) -> Result<&mut Item, StockError> {
        self.items
            .get_mut(sku)
            .ok_or_else(|| StockError::Unknown(sku.to_string()))
    }

    pub fn receive(&mut self, sku: &str, count: u32, unit_cost: u64) -> Result<(), StockError> {
        let item = self.item(sku)?;
        if count > 0 {
            item.lots.push_back(Lot { count, unit_cost });
        }
        Ok(())
    }

    pub fn on_hand(&self, sku: &str) -> u32 {
        self.items.get(sku).map_or(0, |item| item.on_hand())
    }

    pub fn free(&self, sku: &str) -> u32 {
        self.items.get(sku).map_or(0, |item| item.free())
    }

    /// Sets `count` units aside and returns the number of the reservation.
    pub fn reserve(&mut self, sku: &str, count: u32) -> Result<u32, StockError> {
        let item = self.item(sku)?;
        let free = item.free();
        if count > free {
            return Err(StockError::NotEnough { wanted: count, free });
        }
        item.reserved += count;
        let id = self.next_id;
        self.next_id += 1;
        let sku = sku.to_string();
        self.reservations.insert(id, Reservation { sku, count });
        Ok(id)
    }

    /// Gives the units of a reservation free again.
    pub fn release(&mut self, id: u32) -> Result<(), StockError> {
        let reservation = self
            .reservations
            .remove(&id)
            .ok_or(StockError::NoReservation(id))?;
        self.item(&reservation.sku)?.reserved -= reservation.count;
        Ok(())
    }

    /// Ships a reservation and returns what the goods cost.
    pub fn ship(&mut self, id: u32) -> Result<u64, StockError> {
        let reservation = self
            .reservations
            .remove(&id)
            .ok_or(StockError::NoReservation(id))?;
        let item = self.item(&reservation.sku)?;
        item.reserved -= reservation.count;
        let cost = item.consume(reservation.count);
        self.cost_of_sales += cost;
        Ok(cost)
    }

    pub fn cost_of_sales(&self) -> u64 {
        self.cost_of_sales
    }

    /// What the stock on hand has cost.
    pub fn value(&self) -> u64 {
        self.items
            .values()
            .flat_map(|item| item.lots.iter())
            .map(|lot| u64::from(lot.count) * lot.unit_cost)
            .sum()
    }

    /// What to order: items with too few free units, and how many.
    pub fn reorders(&self) -> Vec<(String, u32)> {
        let mut orders = Vec::new();
        for (sku, item) in &self.items {
            let free = item.free();
            if free < item.minimum {
                orders.push((sku.clone(), item.target - free));
            }
        }
        orders
    }

    /// Splits an order into what can be served now and what is missing.
    pub fn plan(&self, order: &[(&str, u32)]) -> (Vec<(String, u32)>, Vec<(String, u32)>) {
        let mut served = Vec::new();
        let mut missing = Vec::new();
        for &(sku, wanted) in order {
            let now = wanted.min(self.free(sku));
            if now > 0 {
                served.push((sku.to_string(), now));
            }
            if now < wanted {
                missing.push((sku.to_string(), wanted - now));
            }
        }
        (served, missing)
    }
}

//! A vending machine as a state machine with an event log.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Idle,
    Paying { slot: usize, paid: u32 },
    Dispensing { slot: usize },
    OutOfService,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Select(usize),
    Coin(u32),
    Cancel,
    Taken,
    Fault,
    Service,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Ask(u32),
    Dispense { slot: usize, change: Vec<u32> },
    Refund(Vec<u32>),
    SoldOut,
    Refused,
    Ready,
    Stopped,
}

#[derive(Debug, Clone)]
struct Slot {
    price: u32,
    stock: u32,
}

/// Coins that the machine takes and gives back, largest first.
pub const COINS: [u32; 6] = [200, 100, 50, 20, 10, 5];

#[derive(Debug, Clone)]
pub struct Machine {
    state: State,
    slots: Vec<Slot>,
    takings: u32,
    sales: u32,
    faults: u32,
}

/// The fewest coins that make `amount`; what no coin can make is kept.
pub fn change(amount: u32) -> Vec<u32> {
    let mut left = amount;
    let mut coins = Vec::new();
    for coin in COINS {
        while left >= coin {
            coins.push(coin);
            left -= coin;
        }
    }
    coins
}

impl Machine {
    /// A machine with `(price, stock)` per slot.
    pub fn new(slots: &[(u32, u32)]) -> Self {
        Machine {
            state: State::Idle,
            slots: slots
                .iter()
                .map(|&(price, stock)| Slot { price, stock })
                .collect(),
            takings: 0,
            sales: 0,
            faults: 0,
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn takings(&self) -> u32 {
        self.takings
    }

    pub fn sales(&self) -> u32 {
        self.sales
    }

    pub fn stock(&self, slot: usize) -> Option<u32> {
        self.slots.get(slot).map(|slot| slot.stock)
    }

    pub fn refill(&mut self, slot: usize, count: u32) -> bool {
        match self.slots.get_mut(slot) {
            Some(slot) => {
                slot.stock += count;
                true
            }
            None => false,
        }
    }

    /// Takes one event and says what the machine does.
    pub fn handle(&mut self, event: Event) -> Reply {
        match (self.state, event) {
            (State::OutOfService, Event::Service) => {
                self.state = State::Idle;
                self.faults = 0;
                Reply::Ready
            }
            (State::OutOfService, _) => Reply::Refused,
            (_, Event::Fault) => self.fault(),
            (State::Idle, Event::Select(slot)) => self.select(slot),
            (State::Paying { slot, paid }, Event::Coin(coin)) => self.coin(slot, paid, coin),
            (State::Paying { paid, .. }, Event::Cancel) => {
                self.state = State::Idle;
                Reply::Refund(change(paid))
            }
            (State::Dispensing { .. }, Event::Taken) => {
                self.state = State::Idle;
                Reply::Ready
            }
            (_, Event::Service) => Reply::Ready,
            _ => Reply::Refused,
        }
    }

    fn select(&mut self, slot: usize) -> Reply {
        let Some(item) = self.slots.get(slot) else {
            return Reply::Refused;
        };
        if item.stock == 0 {
            return Reply::SoldOut;
        }
        self.state = State::Paying { slot, paid: 0 };
        Reply::Ask(item.price)
    }

    fn coin(&mut self, slot: usize, paid: u32, coin: u32) -> Reply {
        if !COINS.contains(&coin) {
            return Reply::Refused;
        }
        let paid = paid + coin;
        let price = self.slots[slot].price;
        if paid < price {
            self.state = State::Paying { slot, paid };
            return Reply::Ask(price - paid);
        }
        self.slots[slot].stock -= 1;
        self.takings += price;
        self.sales += 1;
        self.state = State::Dispensing { slot };
        Reply::Dispense {
            slot,
            change: change(paid - price),
        }
    }

    /// Three faults without service stop the machine; money paid in goes back.
    fn fault(&mut self) -> Reply {
        self.faults += 1;
        let refund = match self.state {
            State::Paying { paid, .. } => change(paid),
            _ => Vec::new(),
        };
        if self.faults >= 3 {
            self.state = State::OutOfService;
            if refund.is_empty() {
                return Reply::Stopped;
            }
            return Reply::Refund(refund);
        }
        if refund.is_empty() {
            return Reply::Ready;
        }
        self.state = State::Idle;
        Reply::Refund(refund)
    }

    /// Slots that hold fewer than `threshold` items.
    pub fn low(&self, threshold: u32) -> Vec<usize> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.stock < threshold)
            .map(|(index, _)| index)
            .collect()
    }

    /// What everything on the shelves would bring in.
    pub fn shelf_value(&self) -> u32 {
        self.slots.iter().map(|slot| slot.price * slot.stock).sum()
    }
}

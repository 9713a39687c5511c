//! Accounts, transfers and interest, in cents.

use std::collections::BTreeMap;

/// Money in cents.
pub type Cents = i64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    NoSuchAccount(String),
    AlreadyOpen(String),
    NotPositive,
    Insufficient { needed: Cents, available: Cents },
    Frozen(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Deposit { to: String, amount: Cents },
    Withdrawal { from: String, amount: Cents },
    Transfer { from: String, to: String, amount: Cents, fee: Cents },
    Interest { to: String, amount: Cents },
}

#[derive(Debug, Clone, Default)]
struct Account {
    balance: Cents,
    overdraft: Cents,
    frozen: bool,
}

impl Account {
    fn available(&self) -> Cents {
        self.balance + self.overdraft
    }
}

/// All accounts and what happened to them.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    history: Vec<Event>,
    fees: Cents,
}

impl Ledger {
    pub fn new() -> Self {
        Ledger::default()
    }

    pub fn open(&mut self, name: &str, overdraft: Cents) -> Result<(), Error> {
        if self.accounts.contains_key(name) {
            return Err(Error::AlreadyOpen(name.to_string()));
        }
        let account = Account {
            overdraft,
            ..Account::default()
        };
        self.accounts.insert(name.to_string(), account);
        Ok(())
    }

    fn account(&mut self, name: &str) -> Result<&mut Account, Error> {
        self.accounts
            .get_mut(name)
            .ok_or_else(|| Error::NoSuchAccount(name.to_string()))
    }

    pub fn balance(&self, name: &str) -> Option<Cents> {
        self.accounts.get(name).map(|account| account.balance)
    }

    pub fn set_frozen(&mut self, name: &str, frozen: bool) -> Result<(), Error> {
        self.account(name)?.frozen = frozen;
        Ok(())
    }

    pub fn deposit(&mut self, to: &str, amount: Cents) -> Result<(), Error> {
        if amount <= 0 {
            return Err(Error::NotPositive);
        }
        self.account(to)?.balance += amount;
        self.history.push(Event::Deposit {
            to: to.to_string(),
            amount,
        });
        Ok(())
    }

    pub fn withdraw(&mut self, from: &str, amount: Cents) -> Result<(), Error> {
        if amount <= 0 {
            return Err(Error::NotPositive);
        }
        let account = self.account(from)?;
        if account.frozen {
            return Err(Error::Frozen(from.to_string()));
        }
        let available = account.available();
        if amount > available {
            return Err(Error::Insufficient {
                needed: amount,
                available,
            });
        }
        account.balance -= amount;
        self.history.push(Event::Withdrawal {
            from: from.to_string(),
            amount,
        });
        Ok(())
    }

    /// Transfers above 1000.00 cost half a percent, at most 25.00.
    pub fn fee(amount: Cents) -> Cents {
        if amount <= 100_000 {
            return 0;
        }
        (amount / 200).min(2_500)
    }

    pub fn transfer(&mut self, from: &str, to: &str, amount: Cents) -> Result<(), Error> {
        if amount <= 0 {
            return Err(Error::NotPositive);
        }
        self.account(to)?;
        let fee = Ledger::fee(amount);
        let total = amount + fee;
        let source = self.account(from)?;
        if source.frozen {
            return Err(Error::Frozen(from.to_string()));
        }
        let available = source.available();
        if total > available {
            return Err(Error::Insufficient {
                needed: total,
                available,
            });
        }
        source.balance -= total;
        self.account(to)?.balance += amount;
        self.fees += fee;
        self.history.push(Event::Transfer {
            from: from.to_string(),
            to: to.to_string(),
            amount,
            fee,
        });
        Ok(())
    }

    /// Pays `basis_points` of each positive balance, rounded down.
    pub fn pay_interest(&mut self, basis_points: i64) -> Cents {
        let mut paid = 0;
        for (name, account) in &mut self.accounts {
            if account.balance <= 0 || account.frozen {
                continue;
            }
            let amount = account.balance * basis_points / 10_000;
            if amount == 0 {
                continue;
            }
            account.balance += amount;
            paid += amount;
            self.history.push(Event::Interest {
                to: name.clone(),
                amount,
            });
        }
        paid
    }

    pub fn fees(&self) -> Cents {
        self.fees
    }

    pub fn total(&self) -> Cents {
        self.accounts.values().map(|account| account.balance).sum()
    }

    /// The events that touch `name`, oldest first.
    pub fn statement(&self, name: &str) -> Vec<&Event> {
        self.history
            .iter()
            .filter(|event| match event {
                Event::Deposit { to, .. } | Event::Interest { to, .. } => to == name,
                Event::Withdrawal { from, .. } => from == name,
                Event::Transfer { from, to, .. } => from == name || to == name,
            })
            .collect()
    }

    /// Names of accounts below zero, the deepest first.
    pub fn overdrawn(&self) -> Vec<String> {
        let mut deep: Vec<(Cents, &String)> = self
            .accounts
            .iter()
            .filter(|(_, account)| account.balance < 0)
            .map(|(name, account)| (account.balance, name))
            .collect();
        deep.sort();
        deep.into_iter().map(|(_, name)| name.clone()).collect()
    }
}

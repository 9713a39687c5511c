//! What guides a network beside words.

use media::Picture;

use crate::order::{Order, Refused};

/// Pictures that are there already. Both may be of any size: they are brought to that of the film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guide {
    /// What is seen first.
    pub first: Option<Picture>,
    /// What is seen last.
    pub last: Option<Picture>,
}

impl Guide {
    /// That the film has an end at which something can be seen last.
    pub(crate) fn check(&self, order: &Order) -> Result<(), Refused> {
        match self.last.is_some() && order.is_loop {
            true => Err(Refused::Unable {
                what: "loops that end with a given picture",
                hint: "a loop ends where it begins; leave one of both out",
            }),
            false => Ok(()),
        }
    }
}

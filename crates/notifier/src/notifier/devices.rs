//! Devices come and go.

use std::io;

use time::OffsetDateTime;

use super::Notifier;
use crate::{ledger::Subscribed, login::LoginId, settings::Address, subscription::Keys};

impl Notifier {
    /// Takes a device in; when this returns it is on the disk.
    pub(crate) async fn subscribe(
        &self,
        endpoint: Address,
        keys: Keys,
        device: &str,
        login: Option<LoginId>,
    ) -> io::Result<Subscribed> {
        let now = OffsetDateTime::now_utc();
        let subscribed = self.0.ledger.change(|ledger| ledger.subscribe(endpoint, keys, device, login, now));
        self.0.ledger.flush().await?;
        self.settings_changed();
        Ok(subscribed)
    }

    /// Lets a device go. False when there is no such device.
    pub(crate) async fn unsubscribe(&self, id: &str) -> io::Result<bool> {
        let was_there = self.0.ledger.change(|ledger| ledger.unsubscribe(id));
        self.0.ledger.flush().await?;
        self.settings_changed();
        Ok(was_there)
    }
}

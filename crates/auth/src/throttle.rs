//! How often a password may be tried.
//!
//! Two rates hold at once: one for each address and one over all, so that neither one machine nor
//! many can guess for long. Each is a generic cell rate algorithm: a handful of attempts at once,
//! then one now and again, and nobody is ever locked out for longer than until the next one. An
//! attempt is charged when it begins, so that a hundred at once are not all let through, and given
//! back when the password was right.
//!
//! Many machines together could use up the overall rate and so keep the owner waiting. Networks from
//! which somebody has logged in before are therefore exempt from it, and keep only their own limit.
//!
//! Memory is bounded by construction: an address takes room only when an attempt is let through, the
//! overall rate bounds how many those are, and one that has waited long enough is forgotten.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

const PER_NETWORK: Rate = Rate { burst: 5, interval: Duration::from_secs(10) };
const OVERALL: Rate = Rate { burst: 20, interval: Duration::from_secs(2) };

/// How many networks of earlier logins are remembered.
const FAMILIAR_NETWORKS: usize = 64;

/// Who tries: an IPv4 address, or the /64 of an IPv6 address, since whoever has one address of it
/// has them all. Requests without a usable address count as one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(Option<IpAddr>);

impl Network {
    /// The network of a client.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address @ IpAddr::V4(_) => address,
        }))
    }
}

struct Rate {
    /// Attempts that may come at once.
    burst: u32,
    /// After which time one more may come.
    interval: Duration,
}

impl Rate {
    /// How long until the next attempt, given until when the earlier ones count. Zero: now.
    fn wait(&self, counts_until: Option<Instant>, now: Instant) -> Duration {
        let backlog = counts_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        (backlog + self.interval).saturating_sub(self.interval * self.burst)
    }

    /// Until when attempts count, with one more.
    fn charge(&self, counts_until: Option<Instant>, now: Instant) -> Instant {
        counts_until.unwrap_or(now).max(now) + self.interval
    }
}

/// An attempt that was let through.
#[derive(Debug)]
#[must_use = "a right password gives the charge back"]
pub(crate) struct Admission {
    network: Network,
    charged_overall: bool,
}

/// The attempts of late.
#[derive(Default)]
pub(crate) struct Throttle {
    overall: Option<Instant>,
    networks: HashMap<Network, Instant>,
    familiar: VecDeque<Network>,
}

impl Throttle {
    /// Lets an attempt through and counts it, or says how long to wait.
    pub(crate) fn admit(&mut self, network: Network, now: Instant) -> Result<Admission, Duration> {
        let charged_overall = !self.familiar.contains(&network);
        let counts_until = self.networks.get(&network).copied();
        let own_wait = PER_NETWORK.wait(counts_until, now);
        let overall_wait = if charged_overall { OVERALL.wait(self.overall, now) } else { Duration::ZERO };
        let wait = own_wait.max(overall_wait);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.networks.retain(|_, until| *until > now);
        self.networks.insert(network, PER_NETWORK.charge(counts_until, now));
        if charged_overall {
            self.overall = Some(OVERALL.charge(self.overall, now));
        }
        Ok(Admission { network, charged_overall })
    }

    /// The password was right: nothing is held against this network, and it is familiar now.
    pub(crate) fn succeeded(&mut self, admission: &Admission) {
        self.networks.remove(&admission.network);
        if admission.charged_overall {
            self.overall = self.overall.and_then(|until| until.checked_sub(OVERALL.interval));
        }
        self.familiarise(admission.network);
    }

    /// Remembers a network that somebody logged in from.
    pub(crate) fn familiarise(&mut self, network: Network) {
        self.familiar.retain(|known| *known != network);
        self.familiar.push_back(network);
        if self.familiar.len() > FAMILIAR_NETWORKS {
            self.familiar.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(Some(text.parse().unwrap()))
    }

    /// Fails as often as it is let through, and says how long to wait then.
    fn exhaust(throttle: &mut Throttle, network: Network, now: Instant) -> (u32, Duration) {
        for count in 0.. {
            match throttle.admit(network, now) {
                Ok(_) => {}
                Err(wait) => return (count, wait),
            }
        }
        unreachable!()
    }

    #[test]
    fn one_address_has_a_burst_and_then_a_rate() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let address = network("203.0.113.7");
        assert_eq!(exhaust(&mut throttle, address, start), (5, Duration::from_secs(10)));
        assert_eq!(exhaust(&mut throttle, network("203.0.113.8"), start).0, 5, "others are not affected");
        assert_eq!(
            exhaust(&mut throttle, address, start + Duration::from_secs(9)),
            (0, Duration::from_secs(1))
        );
        assert_eq!(
            exhaust(&mut throttle, address, start + Duration::from_secs(10)),
            (1, Duration::from_secs(10))
        );
        assert_eq!(exhaust(&mut throttle, address, start + Duration::from_hours(1)).0, 5, "all is forgiven");
    }

    #[test]
    fn a_hammering_address_is_let_through_at_the_rate_and_no_more() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let address = network("203.0.113.7");
        let admitted =
            (0..3600).filter(|second| throttle.admit(address, start + Duration::from_secs(*second)).is_ok());
        assert_eq!(admitted.count(), 5 + 3590 / 10);
    }

    #[test]
    fn ipv6_counts_by_its_64_and_mapped_ipv4_as_ipv4() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:203.0.113.7"), network("203.0.113.7"));
        assert_ne!(network("::ffff:203.0.113.7"), network("::ffff:203.0.113.8"));
        assert_ne!(Network::of(None), network("::"));
    }

    #[test]
    fn a_right_password_clears_its_address_and_gives_the_charge_back() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let address = network("203.0.113.7");
        for _ in 0..100 {
            let admission = throttle.admit(address, now).expect("logging in is never throttled by itself");
            throttle.succeeded(&admission);
        }
        let others =
            (0..100).filter(|host| throttle.admit(network(&format!("198.51.100.{host}")), now).is_ok());
        assert_eq!(others.count(), 20);
    }

    #[test]
    fn many_addresses_share_the_overall_rate_and_cannot_shut_the_owner_out() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let home = network("192.0.2.1");
        throttle.familiarise(home);
        let mut admitted = 0;
        for attempt in 0..100_000_u32 {
            let address = Network::of(Some(IpAddr::from((0x0a00_0000 + attempt).to_be_bytes())));
            let now = start + Duration::from_millis(u64::from(attempt));
            admitted += u32::from(throttle.admit(address, now).is_ok());
            assert!(throttle.networks.len() <= 32, "only who was let through takes room");
        }
        assert!((69..=70).contains(&admitted), "20 at once, then one each 2 s of 100 s: {admitted}");
        let now = start + Duration::from_millis(99_999);
        let wait = throttle.admit(network("198.51.100.1"), now).map(|_| ()).unwrap_err();
        assert!(wait <= Duration::from_secs(2), "a stranger waits for the next one only");
        assert!(throttle.admit(home, now).is_ok(), "a network that logged in before does not wait");
    }

    #[test]
    fn a_familiar_network_has_its_own_limit_and_the_list_is_bounded() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let home = network("192.0.2.1");
        throttle.familiarise(home);
        assert_eq!(exhaust(&mut throttle, home, now).0, 5);
        for host in 0..=255_u8 {
            throttle.familiarise(Network::of(Some([198, 51, 100, host].into())));
        }
        assert_eq!(throttle.familiar.len(), FAMILIAR_NETWORKS);
    }
}

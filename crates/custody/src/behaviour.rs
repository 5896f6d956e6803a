//! Behaviours with their parameters, as a pack names them and a detector takes them. In: names and numbers. Out: typed values in their ranges. Never: a
//! parameter that is out of its range.

use crate::evidence::Behaviour;

/// A behaviour of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BehaviourSpec {
    /// Its selector id.
    pub selector: u32,
    /// What is looked for, and from which numbers on.
    pub parameters: Parameters,
}

/// Thresholds of a behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// Regular calls of one service.
    Beacon {
        /// Least number of connections.
        connections_min: u32,
        /// Least score, thousandths.
        score_min: u16,
    },
    /// Many ports of one destination.
    VerticalScan {
        /// Least number of distinct ports.
        ports_min: u32,
        /// Least share of attempts without an answer, thousandths.
        unanswered_min: u16,
    },
    /// One port of many destinations.
    HorizontalScan {
        /// Least number of distinct hosts.
        hosts_min: u32,
        /// Least share of attempts without an answer, thousandths.
        unanswered_min: u16,
    },
}

/// Name, least, greatest and usual value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterRange {
    /// Name in a pack.
    pub name: &'static str,
    /// Least value; below it the behaviour would be met by ordinary use.
    pub least: u32,
    /// Greatest value.
    pub greatest: u32,
    /// Value of the default pack.
    pub usual: u32,
}

const fn range(name: &'static str, least: u32, greatest: u32, usual: u32) -> ParameterRange {
    ParameterRange {
        name,
        least,
        greatest,
        usual,
    }
}

impl Parameters {
    /// The parameters of a behaviour, in the order of their names.
    pub const fn ranges(behaviour: Behaviour) -> &'static [ParameterRange; 2] {
        match behaviour {
            Behaviour::Beacon => {
                const {
                    &[
                        range("connections-min", 10, 100_000, 16),
                        range("score-min", 500, 1000, 800),
                    ]
                }
            }
            Behaviour::VerticalScan => {
                const {
                    &[
                        range("ports-min", 15, 60_000, 50),
                        range("unanswered-min", 300, 1000, 600),
                    ]
                }
            }
            Behaviour::HorizontalScan => {
                const {
                    &[
                        range("hosts-min", 15, 1_000_000, 50),
                        range("unanswered-min", 300, 1000, 600),
                    ]
                }
            }
        }
    }

    /// Builds the parameters from values in the order of [`Parameters::ranges`]; `None` where one is out of its range.
    pub fn new(behaviour: Behaviour, values: [u32; 2]) -> Option<Self> {
        let ranges = Self::ranges(behaviour);
        let fits = |(value, range): (u32, &ParameterRange)| {
            (range.least..=range.greatest).contains(&value)
        };
        if !values.into_iter().zip(ranges).all(fits) {
            return None;
        }
        let (first, share) = (values[0], values[1] as u16);
        Some(match behaviour {
            Behaviour::Beacon => Self::Beacon {
                connections_min: first,
                score_min: share,
            },
            Behaviour::VerticalScan => Self::VerticalScan {
                ports_min: first,
                unanswered_min: share,
            },
            Behaviour::HorizontalScan => Self::HorizontalScan {
                hosts_min: first,
                unanswered_min: share,
            },
        })
    }

    /// The behaviour that they belong to.
    pub const fn behaviour(&self) -> Behaviour {
        match self {
            Self::Beacon { .. } => Behaviour::Beacon,
            Self::VerticalScan { .. } => Behaviour::VerticalScan,
            Self::HorizontalScan { .. } => Behaviour::HorizontalScan,
        }
    }

    /// The values in the order of [`Parameters::ranges`].
    pub const fn values(&self) -> [u32; 2] {
        match *self {
            Self::Beacon {
                connections_min: first,
                score_min: share,
            }
            | Self::VerticalScan {
                ports_min: first,
                unanswered_min: share,
            }
            | Self::HorizontalScan {
                hosts_min: first,
                unanswered_min: share,
            } => [first, share as u32],
        }
    }
}

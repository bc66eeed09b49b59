//! The prompts of one chat: those on their way, in order, and which came before.

use ocweb_opencode_client::MessageId;
use serde::{Deserialize, Serialize};

use super::{Prompt, PromptState};
use crate::error::{Error, Missing};

/// How many prompts of one chat may wait.
const WAITING_LIMIT: usize = 50;
/// How many prompts that are over are remembered. A message of an older one is found in opencode.
const SETTLED_LIMIT: usize = 1000;

/// All that is known of the prompts of one chat, as it lies on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// On their way, the next one first.
    prompts: Vec<Prompt>,
    /// Over, the latest last.
    settled: Vec<Settled>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Settled {
    id: MessageId,
    outcome: Outcome,
}

/// How a prompt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Delivered,
    TakenBack,
}

impl Ledger {
    /// What is known of a prompt that is to be taken in: itself when it is here already or was delivered.
    pub(super) fn known(&self, new: &Prompt) -> Result<Option<Prompt>, Error> {
        if let Some(prompt) = self.prompts.iter().find(|prompt| prompt.id == new.id) {
            return Ok(Some(prompt.clone()));
        }
        match self.outcome(&new.id) {
            Some(Outcome::Delivered) => Ok(Some(Prompt { state: PromptState::Delivered, ..new.clone() })),
            Some(Outcome::TakenBack) => Err(Error::PromptTakenBack(new.id.clone())),
            None if self.prompts.len() >= WAITING_LIMIT => Err(Error::Conflict(format!(
                "{WAITING_LIMIT} prompts are waiting in this chat already. Take some back, or wait."
            ))),
            None => Ok(None),
        }
    }

    /// Takes one in. Who sends one wants those before it to go on too.
    pub(super) fn append(&mut self, prompt: Prompt) {
        self.release();
        self.prompts.push(prompt);
    }

    /// Keeps those that wait where they are until they are released. What is being sent cannot be held any more.
    pub(super) fn hold(&mut self) {
        self.turn(PromptState::Waiting, PromptState::Held);
    }

    /// Has those that are held go on, in order.
    pub(super) fn release(&mut self) {
        self.turn(PromptState::Held, PromptState::Waiting);
    }

    fn turn(&mut self, from: PromptState, to: PromptState) {
        self.prompts.iter_mut().filter(|prompt| prompt.state == from).for_each(|prompt| prompt.state = to);
    }

    /// Those on their way, in order.
    pub(super) fn prompts(&self) -> &[Prompt] {
        &self.prompts
    }

    /// The prompt whose turn it is. One that failed or is held holds up those behind it.
    pub(super) fn next(&self) -> Option<&Prompt> {
        self.prompts.first().filter(|prompt| prompt.state.may_go())
    }

    /// Whether somebody asked for the first prompt, or for one behind it, to be delivered at once.
    pub(super) fn is_urgent(&self) -> bool {
        self.prompts.iter().any(|prompt| prompt.urgent)
    }

    /// Asks for a prompt to be delivered at once, or for a failed one to be tried again.
    pub(super) fn hurry(&mut self, id: &MessageId) -> Result<Prompt, Error> {
        if self.get_mut(id)?.state == PromptState::Held {
            self.release();
        }
        let prompt = self.get_mut(id)?;
        match prompt.state {
            PromptState::Failed => {
                prompt.state = PromptState::Waiting;
                prompt.error = None;
            }
            _ => prompt.urgent = true,
        }
        Ok(prompt.clone())
    }

    /// Takes a prompt back that opencode does not have.
    pub(super) fn take_back(&mut self, id: &MessageId) -> Result<Prompt, Error> {
        match self.get_mut(id)?.state {
            PromptState::Waiting | PromptState::Held | PromptState::Failed => {}
            PromptState::Sending | PromptState::Delivered => return Err(Error::PromptDelivered(id.clone())),
        }
        self.settle(id, Outcome::TakenBack).ok_or_else(|| missing(id))
    }

    /// Notes that the next prompt is about to be sent. False when it is another one's turn.
    pub(super) fn begin(&mut self, id: &MessageId) -> bool {
        match self.prompts.first_mut() {
            Some(prompt) if prompt.id == *id && prompt.state.may_go() => {
                prompt.state = PromptState::Sending;
                true
            }
            _ => false,
        }
    }

    /// Notes that a prompt that was being sent did certainly not arrive.
    pub(super) fn wait_again(&mut self, id: &MessageId) {
        // What is behind it was held meanwhile, and it with that.
        let held = self.prompts.iter().any(|prompt| prompt.state == PromptState::Held);
        if let Ok(prompt) = self.get_mut(id) {
            prompt.state = if held { PromptState::Held } else { PromptState::Waiting };
        }
    }

    pub(super) fn fail(&mut self, id: &MessageId, error: Error) {
        if let Ok(prompt) = self.get_mut(id) {
            prompt.state = PromptState::Failed;
            prompt.urgent = false;
            prompt.error = Some(error);
        }
    }

    pub(super) fn delivered(&mut self, id: &MessageId) {
        self.settle(id, Outcome::Delivered);
    }

    fn settle(&mut self, id: &MessageId, outcome: Outcome) -> Option<Prompt> {
        let index = self.prompts.iter().position(|prompt| prompt.id == *id)?;
        let excess = (self.settled.len() + 1).saturating_sub(SETTLED_LIMIT);
        self.settled.drain(..excess);
        self.settled.push(Settled { id: id.clone(), outcome });
        Some(self.prompts.remove(index))
    }

    fn outcome(&self, id: &MessageId) -> Option<Outcome> {
        self.settled.iter().find(|settled| settled.id == *id).map(|settled| settled.outcome)
    }

    fn get_mut(&mut self, id: &MessageId) -> Result<&mut Prompt, Error> {
        let error = match self.outcome(id) {
            Some(Outcome::Delivered) => Error::PromptDelivered(id.clone()),
            Some(Outcome::TakenBack) | None => missing(id),
        };
        self.prompts.iter_mut().find(|prompt| prompt.id == *id).ok_or(error)
    }
}

fn missing(id: &MessageId) -> Error {
    Error::Missing(Missing::Prompt(id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::NewPrompt;

    fn prompt() -> Prompt {
        NewPrompt::of_text("x".into()).unwrap().into_parts().0
    }

    fn ledger_of<const N: usize>() -> (Ledger, [MessageId; N]) {
        let prompts: [Prompt; N] = std::array::from_fn(|_| prompt());
        let ids = prompts.each_ref().map(|prompt| prompt.id.clone());
        (Ledger { prompts: prompts.into(), settled: Vec::new() }, ids)
    }

    #[test]
    fn it_is_taken_back_until_it_is_sent() {
        let (mut ledger, [first, second]) = ledger_of();
        assert!(!ledger.begin(&second), "it is not its turn");
        assert!(ledger.begin(&first));
        assert_eq!(ledger.take_back(&first), Err(Error::PromptDelivered(first.clone())));
        assert_eq!(ledger.take_back(&second).unwrap().id, second);
        assert_eq!(ledger.take_back(&second), Err(missing(&second)));
        ledger.wait_again(&first);
        assert_eq!(ledger.take_back(&first).unwrap().id, first);
        assert!(!ledger.begin(&first) && ledger.next().is_none());
    }

    #[test]
    fn a_failed_one_holds_up_the_others_until_it_is_sent_again_or_taken_back() {
        let (mut ledger, [first, second]) = ledger_of();
        ledger.fail(&first, Error::Cancelled);
        assert!(ledger.next().is_none() && !ledger.begin(&second));
        assert_eq!(ledger.hurry(&first).unwrap().error, None);
        assert_eq!(ledger.next().map(|prompt| &prompt.id), Some(&first));
        ledger.fail(&first, Error::Cancelled);
        ledger.take_back(&first).unwrap();
        assert_eq!(ledger.next().map(|prompt| &prompt.id), Some(&second));
    }

    #[test]
    fn what_waits_is_held_until_it_is_released_or_another_comes() {
        let (mut ledger, [first, second, third]) = ledger_of();
        assert!(ledger.begin(&first));
        ledger.hold();
        // It is on its way already, or there.
        assert_eq!(ledger.next().map(|prompt| &prompt.id), Some(&first));
        ledger.delivered(&first);
        assert!(ledger.next().is_none() && !ledger.begin(&second));
        ledger.release();
        assert!(ledger.begin(&second));
        // It certainly did not arrive: then it is held with what is behind it.
        ledger.hold();
        ledger.wait_again(&second);
        assert!(ledger.next().is_none());
        ledger.append(prompt());
        assert_eq!(ledger.next().map(|prompt| &prompt.id), Some(&second));
        ledger.hold();
        assert_eq!(ledger.take_back(&second).unwrap().id, second);
        assert!(ledger.next().is_none());
        ledger.hurry(&third).unwrap();
        assert_eq!(ledger.next().map(|prompt| &prompt.id), Some(&third));
    }

    #[test]
    fn a_failed_one_that_is_tried_again_goes_alone() {
        let (mut ledger, [first, second]) = ledger_of();
        ledger.fail(&first, Error::Cancelled);
        ledger.hold();
        ledger.hurry(&first).unwrap();
        assert!(ledger.begin(&first));
        ledger.delivered(&first);
        assert!(ledger.next().is_none() && !ledger.begin(&second));
    }

    #[test]
    fn urgency_of_one_is_that_of_all_before_it() {
        let (mut ledger, [_, second]) = ledger_of();
        assert!(!ledger.is_urgent());
        ledger.hurry(&second).unwrap();
        assert!(ledger.is_urgent());
    }

    #[test]
    fn what_is_over_is_remembered() {
        let (mut ledger, [first, second]) = ledger_of();
        let [again, back] = [ledger.prompts[0].clone(), ledger.prompts[1].clone()];
        assert_eq!(ledger.known(&again), Ok(Some(again.clone())));
        ledger.delivered(&first);
        ledger.take_back(&second).unwrap();
        assert_eq!(ledger.known(&again).unwrap().unwrap().state, PromptState::Delivered);
        assert_eq!(ledger.known(&back), Err(Error::PromptTakenBack(second)));
        assert_eq!(ledger.take_back(&first), Err(Error::PromptDelivered(first.clone())));
        for _ in 0..SETTLED_LIMIT {
            let next = prompt();
            ledger.append(next.clone());
            ledger.delivered(&next.id);
        }
        assert_eq!(ledger.settled.len(), SETTLED_LIMIT);
        assert_eq!(ledger.known(&again), Ok(None));
    }

    #[test]
    fn only_so_many_wait() {
        let (ledger, _) = ledger_of::<WAITING_LIMIT>();
        assert!(matches!(ledger.known(&prompt()), Err(Error::Conflict(_))));
        assert!(ledger.known(&ledger.prompts[0]).is_ok());
    }
}

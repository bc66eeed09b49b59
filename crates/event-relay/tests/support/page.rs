//! What a page does with a transcript and with the events after it.

use serde_json::{Value, json};

use super::client::Received;

/// One conversation.
#[derive(Debug, Clone)]
pub struct Page {
    pub session: String,
    /// opencode's `[{"info", "parts"}]`.
    pub messages: Vec<Value>,
    number: u64,
    epoch: String,
}

impl Page {
    pub fn new(session: &str, transcript: &Value) -> Self {
        let (epoch, number) = split(transcript["number"].as_str().unwrap());
        let messages = transcript["messages"].as_array().unwrap().clone();
        Self { session: session.into(), messages, number, epoch }
    }

    /// Takes in an event. False when everything has to be asked for anew.
    pub fn take(&mut self, received: &Received) -> bool {
        let event = &received.event;
        if event["type"] == "snapshot" {
            return false;
        }
        let Some(id) = &received.id else { return true };
        let (epoch, number) = split(id);
        assert_eq!(epoch, self.epoch, "an epoch changes by a snapshot only");
        let properties = &event["properties"];
        if number <= self.number || properties["sessionID"] != *self.session {
            return true;
        }
        match event["type"].as_str().unwrap() {
            "message.updated" => {
                let info = properties["info"].clone();
                match self.messages.iter_mut().find(|message| message["info"]["id"] == info["id"]) {
                    Some(message) => message["info"] = info,
                    None => self.messages.push(json!({"info": info, "parts": []})),
                }
            }
            "message.removed" => {
                self.messages.retain(|message| message["info"]["id"] != properties["messageID"]);
            }
            "message.part.updated" => {
                let part = properties["part"].clone();
                let parts = self.parts(&part["messageID"].clone());
                match parts.iter_mut().find(|known| known["id"] == part["id"]) {
                    Some(known) => *known = part,
                    None => parts.push(part),
                }
            }
            "message.part.removed" => {
                self.parts(&properties["messageID"]).retain(|part| part["id"] != properties["partID"]);
            }
            "message.part.delta" => {
                let field = properties["field"].as_str().unwrap();
                if let Some(part) = self.part(properties)
                    && part["time"]["end"].is_null()
                {
                    let text = part[field].as_str().unwrap_or_default().to_owned();
                    part[field] = (text + properties["delta"].as_str().unwrap()).into();
                }
            }
            "message.part.output" => {
                if let Some(output) =
                    self.part(properties).and_then(|it| it.pointer_mut("/state/metadata/output"))
                {
                    let old: Vec<u16> = output.as_str().unwrap().encode_utf16().collect();
                    let number = |name: &str| {
                        usize::try_from(properties[name].as_u64().unwrap()).unwrap().min(old.len())
                    };
                    let mut new = old[..number("head")].to_vec();
                    new.extend_from_slice(&old[number("from")..]);
                    new.extend(properties["append"].as_str().unwrap().encode_utf16());
                    *output = String::from_utf16_lossy(&new).into();
                }
            }
            _ => {}
        }
        true
    }

    fn parts(&mut self, message: &Value) -> &mut Vec<Value> {
        let found = self.messages.iter_mut().find(|known| known["info"]["id"] == *message);
        let found = found.unwrap_or_else(|| panic!("a part of the unknown message {message}"));
        found["parts"].as_array_mut().unwrap()
    }

    fn part(&mut self, properties: &Value) -> Option<&mut Value> {
        self.parts(&properties["messageID"]).iter_mut().find(|part| part["id"] == properties["partID"])
    }

    /// The text of the last part that has one.
    pub fn last_text(&self) -> &str {
        let parts = self.messages.iter().flat_map(|message| message["parts"].as_array().unwrap());
        parts.filter_map(|part| part["text"].as_str()).next_back().unwrap_or_default()
    }
}

pub fn split(number: &str) -> (String, u64) {
    let (epoch, position) = number.split_once('-').unwrap();
    (epoch.into(), position.parse().unwrap())
}

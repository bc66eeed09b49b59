//! Tells the person: ntfy, Discord, Web Push and a webhook.

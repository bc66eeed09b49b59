//! What every chat is doing, decided in one place.

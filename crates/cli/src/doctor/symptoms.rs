//! The list.

use super::{
    Cause,
    Seen::{ByYou, Fault, Notice},
    Symptom, checks,
};

/// Every symptom, in the order in which a person meets them.
pub const SYMPTOMS: &[Symptom] = &[
    Symptom {
        title: "ocweb does not start",
        causes: &[
            Cause {
                id: "settings",
                is: "A setting is missing or wrong.",
                cure: "The sentence names it; `ocweb config edit` opens the file, `ocweb config get --origin` shows who said what.",
                seen: Fault(checks::settings),
            },
            Cause {
                id: "parts",
                is: "Parts of ocweb are not installed.",
                cure: "Do what the sentence says; in a checkout that is `bin/install` and `bin/build`.",
                seen: Fault(checks::parts),
            },
            Cause {
                id: "port",
                is: "It cannot listen on its port.",
                cure: "`ss -ltnp` shows who has it; `ocweb config set` takes another by the key that the sentence names, such as `server.port 8081`. Below 1024 only root may: `sudo \"$(command -v ocweb)\" service install`. An address that comes later, as a VPN's at boot, a service waits for.",
                seen: Fault(checks::port),
            },
        ],
    },
    Symptom {
        title: "The page does not open",
        causes: &[
            Cause {
                id: "not-running",
                is: "No ocweb runs on this machine's data.",
                cure: "`ocweb start`; with the machine from now on: `ocweb service install`.",
                seen: Fault(checks::not_running),
            },
            Cause {
                id: "process-down",
                is: "A process of it does not run.",
                cure: "`ocweb logs NAME` says why, `ocweb restart NAME` (on the page: Resources) tries it again at once.",
                seen: Fault(checks::process_down),
            },
            Cause {
                id: "not-reached",
                is: "It runs, and listens to this machine alone.",
                cure: "A domain, Tailscale or the same network: docs/deploy.md. `ocweb url` shows the address that should work.",
                seen: ByYou,
            },
            Cause {
                id: "host-name",
                is: "The browser shows 421: ocweb does not answer for this name.",
                cure: "`ocweb config set server.host_names NAME`, and restart.",
                seen: ByYou,
            },
            Cause {
                id: "certificate",
                is: "The browser warns of the certificate.",
                cure: "`ocweb logs caddy` says why none came: the name must lead to this machine, with ports 80 and 443 open. docs/tls.md.",
                seen: ByYou,
            },
        ],
    },
    Symptom {
        title: "I cannot log in",
        causes: &[
            Cause {
                id: "password",
                is: "The password is not known any more.",
                cure: "`ocweb password` sets another, also while ocweb does not run. Every device logs in anew.",
                seen: ByYou,
            },
            Cause {
                id: "too-many-tries",
                is: "The page says that too many passwords were wrong.",
                cure: "Wait as long as it says; other addresses are not held up.",
                seen: ByYou,
            },
            Cause {
                id: "login-comes-back",
                is: "The password is right, and the login comes back.",
                cure: "A proxy in front of it is not trusted, so ocweb takes TLS for plain HTTP or the other way round: set `server.trusted_proxies` to its address. docs/tls.md.",
                seen: ByYou,
            },
            Cause {
                id: "login-from-elsewhere",
                is: "The login says: This request came from another site, and ocweb takes only links from there.",
                cure: "The same proxy: by what it says the page came by https, and ocweb believes it only when `server.trusted_proxies` has its address (in Docker that is the bridge's: `private_ranges`). It has to pass on `Host`, too. docs/tls.md.",
                seen: ByYou,
            },
            Cause {
                id: "address-of-the-proxy",
                is: "The page says: This address is for the proxy in front, which speaks TLS.",
                cure: "You opened ocweb's own address: open the proxy's. If you did, `server.trusted_proxies` has not the address by which the proxy reaches ocweb (in Docker that is the bridge's: `private_ranges`). docs/tls.md.",
                seen: ByYou,
            },
        ],
    },
    Symptom {
        title: "A chat hangs",
        causes: &[
            Cause {
                id: "waits-for-you",
                is: "A chat waits for an answer of yours.",
                cure: "The inbox has the question.",
                seen: Notice(checks::waits_for_you),
            },
            Cause {
                id: "no-provider",
                is: "No model provider has a key.",
                cure: "Settings, Providers on the page takes one, or `ocweb config set providers.OPENROUTER_API_KEY`, and restart.",
                seen: Fault(checks::no_provider),
            },
            Cause {
                id: "provider-refuses",
                is: "The model's provider refuses, and opencode tries again and again.",
                cure: "The chat shows its words: an empty account, a limit, a model that is gone. Stop the chat, choose another model, go on.",
                seen: Notice(checks::provider_refuses),
            },
            Cause {
                id: "opencode-down",
                is: "opencode does not answer.",
                cure: "It is started again by itself; if that goes on, `ocweb logs opencode` says why. Chats that it cut off are marked.",
                seen: Fault(checks::opencode_down),
            },
            Cause {
                id: "command-without-end",
                is: "A command in the chat runs without an end.",
                cure: "Stop the chat. Where the command was ended by a signal, opencode never notices; Resources lists what still runs.",
                seen: ByYou,
            },
        ],
    },
    Symptom {
        title: "A chat was cut off",
        causes: &[
            Cause {
                id: "interrupted",
                is: "opencode fell or was restarted while chats worked.",
                cure: "Open each and tap Continue.",
                seen: Notice(checks::interrupted),
            },
            Cause {
                id: "falls-again-and-again",
                is: "A process falls again and again.",
                cure: "`ocweb logs NAME` says why. Killed by signal 9 means that memory ran out: a bigger machine, or fewer chats that build at once.",
                seen: Fault(checks::falls),
            },
        ],
    },
    Symptom {
        title: "It is slow",
        causes: &[
            Cause {
                id: "memory",
                is: "Memory is nearly used up.",
                cure: "Resources shows by whom; end what nobody needs. 1 GB carries chats, and small builds only.",
                seen: Fault(checks::memory),
            },
            Cause {
                id: "left-behind",
                is: "Programs that agents started go on without their chat.",
                cure: "Resources lists them with their chat, and ends them.",
                seen: Notice(checks::left_behind),
            },
        ],
    },
    Symptom {
        title: "The disk is full",
        causes: &[Cause {
            id: "disk",
            is: "The volume has little room left.",
            cure: "Resources shows what takes it: delete chats that are merged and clones that nobody needs, then Clean up. Nothing that exists nowhere else goes unasked. Or a bigger volume.",
            seen: Fault(checks::disk),
        }],
    },
    Symptom {
        title: "Everything stands still",
        causes: &[Cause {
            id: "volume",
            is: "The volume does not take what is written, or only slowly.",
            cure: "It is the disk or the host: look at its status page, then restart the machine. Afterwards ocweb looks at every clone and repairs what the stall broke.",
            seen: Fault(checks::volume),
        }],
    },
    Symptom {
        title: "No notification comes",
        causes: &[
            Cause {
                id: "no-channel",
                is: "Nothing is set up to notify you.",
                cure: "Settings, Notifications on the phone: allow this device, or give an ntfy topic. docs/notifications.md.",
                seen: Notice(checks::no_channel),
            },
            Cause {
                id: "channel-fails",
                is: "The last notification of a channel failed.",
                cure: "The sentence says why; Settings, Notifications sends a test.",
                seen: Fault(checks::channel_fails),
            },
            Cause {
                id: "no-address",
                is: "Notifications lead nowhere: ocweb was not told its address.",
                cure: "Settings, Notifications on the phone, \"address in links\".",
                seen: Notice(checks::no_address),
            },
            Cause {
                id: "phone",
                is: "The phone holds them back.",
                cure: "On an iPhone the page must be on the home screen; on Android take the browser out of battery saving. Quiet hours and muted chats are in Settings.",
                seen: ByYou,
            },
        ],
    },
    Symptom {
        title: "Repositories cannot be listed, cloned or pushed",
        causes: &[
            Cause {
                id: "no-token",
                is: "There is no GitHub token.",
                cure: "`ocweb config set github.token`, and restart. docs/github.md says what it must be allowed.",
                seen: Fault(checks::no_token),
            },
            Cause {
                id: "github",
                is: "GitHub refuses, or is not reached.",
                cure: "The sentence says which. A new token: `ocweb config set github.token`, and restart.",
                seen: Fault(checks::github),
            },
        ],
    },
    Symptom {
        title: "Something is broken on the disk",
        causes: &[
            Cause {
                id: "database",
                is: "opencode's database was damaged and set aside.",
                cure: "What could be read was kept; what was lost is in the notice beside it. A backup has the rest: docs/backup.md.",
                seen: Notice(checks::database),
            },
            Cause {
                id: "repairs",
                is: "A clone was damaged and repaired.",
                cure: "The page's notice says what was had again and what was lost; put it away once read.",
                seen: Notice(checks::repairs),
            },
        ],
    },
    Symptom {
        title: "The agent can read what it should not",
        causes: &[
            Cause {
                id: "agent-is-root",
                is: "The agent runs as root, and can read all that ocweb knows.",
                cure: "Started as root, it is a user of its own only where that user gets to ocweb's programs and data: have them outside of homes (a checkout in `/opt/ocweb`, the data in `/var/lib/ocweb`), and start it from there. If root is meant: `ocweb config set users.agent root`.",
                seen: Fault(checks::agent_is_root),
            },
            Cause {
                id: "agent-is-you",
                is: "ocweb was not started as root: the agent is the same user as ocweb.",
                cure: "It can read your files, and ocweb's. As a service of the machine, in the image and on Fly it is a user of its own; README.md says what follows.",
                seen: ByYou,
            },
        ],
    },
];

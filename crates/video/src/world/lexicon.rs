//! What the facts of the world are called, for whoever reads and for whoever writes.

use super::facts::{Background, Camera, Colour, Direction, Pattern, Relation, Shape, Size, Speed};

/// What a thing can be said to do; whom or what with is said beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    Still,
    Go,
    Bounce,
    Fall,
    Orbit,
    Spin,
    Grow,
    Shrink,
    Appear,
    Vanish,
    Turn,
    Push,
    Collide,
    PassBefore,
    PassBehind,
}

/// A verb: as it stands alone, with he or she, and as what somebody is doing; and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Verb {
    pub base: &'static str,
    pub third: &'static str,
    pub doing: &'static str,
    pub tail: &'static str,
}

const fn verb(
    base: &'static str,
    third: &'static str,
    doing: &'static str,
    tail: &'static str,
) -> Verb {
    Verb {
        base,
        third,
        doing,
        tail,
    }
}

pub(super) const DEEDS: &[(Deed, &[Verb])] = &[
    (
        Deed::Still,
        &[
            verb("stand", "stands", "standing", " still"),
            verb("stay", "stays", "staying", " in place"),
            verb("rest", "rests", "resting", ""),
        ],
    ),
    (
        Deed::Go,
        &[
            verb("move", "moves", "moving", ""),
            verb("slide", "slides", "sliding", ""),
            verb("drift", "drifts", "drifting", ""),
            verb("glide", "glides", "gliding", ""),
            verb("travel", "travels", "travelling", ""),
            verb("go", "goes", "going", ""),
            verb("fly", "flies", "flying", ""),
        ],
    ),
    (
        Deed::Bounce,
        &[
            verb("bounce", "bounces", "bouncing", ""),
            verb("hop", "hops", "hopping", ""),
            verb("jump", "jumps", "jumping", " up and down"),
        ],
    ),
    (
        Deed::Fall,
        &[
            verb("fall", "falls", "falling", ""),
            verb("drop", "drops", "dropping", ""),
        ],
    ),
    (
        Deed::Orbit,
        &[
            verb("orbit", "orbits", "orbiting", ""),
            verb("move", "moves", "moving", " in a circle"),
            verb("go", "goes", "going", " round in circles"),
        ],
    ),
    (
        Deed::Spin,
        &[
            verb("spin", "spins", "spinning", ""),
            verb("rotate", "rotates", "rotating", ""),
            verb("turn", "turns", "turning", " around"),
        ],
    ),
    (
        Deed::Grow,
        &[
            verb("grow", "grows", "growing", ""),
            verb("expand", "expands", "expanding", ""),
            verb("get", "gets", "getting", " bigger"),
        ],
    ),
    (
        Deed::Shrink,
        &[
            verb("shrink", "shrinks", "shrinking", ""),
            verb("get", "gets", "getting", " smaller"),
        ],
    ),
    (
        Deed::Appear,
        &[
            verb("appear", "appears", "appearing", ""),
            verb("fade", "fades", "fading", " in"),
        ],
    ),
    (
        Deed::Vanish,
        &[
            verb("vanish", "vanishes", "vanishing", ""),
            verb("disappear", "disappears", "disappearing", ""),
            verb("fade", "fades", "fading", " out"),
        ],
    ),
    (
        Deed::Turn,
        &[
            verb("turn", "turns", "turning", ""),
            verb("change", "changes", "changing", " to"),
            verb("become", "becomes", "becoming", ""),
        ],
    ),
    (
        Deed::Push,
        &[
            verb("push", "pushes", "pushing", ""),
            verb("shove", "shoves", "shoving", ""),
        ],
    ),
    (
        Deed::Collide,
        &[
            verb("collide", "collides", "colliding", " with"),
            verb("bump", "bumps", "bumping", " into"),
            verb("crash", "crashes", "crashing", " into"),
            verb("hit", "hits", "hitting", ""),
        ],
    ),
    (
        Deed::PassBefore,
        &[
            verb("pass", "passes", "passing", " in front of"),
            verb("move", "moves", "moving", " in front of"),
        ],
    ),
    (
        Deed::PassBehind,
        &[
            verb("pass", "passes", "passing", " behind"),
            verb("move", "moves", "moving", " behind"),
        ],
    ),
];

impl Shape {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Circle => &["circle", "disc", "disk"],
            Self::Square => &["square"],
            Self::Triangle => &["triangle"],
            Self::Star => &["star"],
            Self::Ring => &["ring", "hoop", "donut"],
            Self::Capsule => &["capsule", "pill"],
            Self::Sphere => &["sphere", "ball"],
            Self::Cube => &["cube", "block", "box"],
            Self::Cone => &["cone"],
        }
    }
}

impl Colour {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Red => &["red", "crimson", "scarlet"],
            Self::Orange => &["orange"],
            Self::Yellow => &["yellow", "golden"],
            Self::Green => &["green", "emerald"],
            Self::Cyan => &["cyan", "turquoise"],
            Self::Blue => &["blue", "azure"],
            Self::Purple => &["purple", "violet"],
            Self::Pink => &["pink", "rose"],
            Self::Brown => &["brown", "chestnut"],
            Self::White => &["white"],
        }
    }
}

impl Size {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Small => &["small", "little", "tiny"],
            Self::Medium => &["medium-sized", "medium"],
            Self::Large => &["large", "big", "huge"],
        }
    }
}

impl Pattern {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["plain"],
            Self::Striped => &["striped", "stripy"],
            Self::Dotted => &["dotted", "spotted", "polka-dot"],
        }
    }
}

impl Speed {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Slow => &["slowly", "gently"],
            Self::Medium => &["steadily", "at medium speed"],
            Self::Fast => &["quickly", "fast", "rapidly"],
        }
    }
}

impl Direction {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Left => &["to the left", "left", "leftwards", "from right to left"],
            Self::Right => &["to the right", "right", "rightwards", "from left to right"],
            Self::Up => &["up", "upwards"],
            Self::Down => &["down", "downwards"],
            Self::UpLeft => &["up and to the left", "to the upper left", "up-left"],
            Self::UpRight => &["up and to the right", "to the upper right", "up-right"],
            Self::DownLeft => &["down and to the left", "to the lower left", "down-left"],
            Self::DownRight => &["down and to the right", "to the lower right", "down-right"],
        }
    }
}

impl Relation {
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::LeftOf => &["to the left of", "left of"],
            Self::RightOf => &["to the right of", "right of"],
            Self::Above => &["above", "over"],
            Self::Below => &["below", "under", "beneath"],
        }
    }
}

impl Background {
    /// Whole phrases, each with its preposition.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Grey => &["on a grey background", "in front of a gray wall"],
            Self::Cream => &["on a cream background", "on a beige background"],
            Self::Mint => &["on a mint background", "on a pale green background"],
            Self::Dark => &["on a dark background", "on a black background"],
            Self::Sky => &["in the sky", "against a blue sky"],
            Self::Floor => &["above a floor", "on a floor with a horizon"],
            Self::Checker => &["on a checkerboard", "on a chessboard"],
            Self::Night => &["at night", "in front of a night sky"],
        }
    }
}

impl Camera {
    /// What the camera does, after "the camera".
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Still => &["stands still", "does not move"],
            Self::PanLeft => &["pans left", "pans to the left"],
            Self::PanRight => &["pans right", "pans to the right"],
            Self::PanUp => &["pans up", "tilts up"],
            Self::PanDown => &["pans down", "tilts down"],
            Self::ZoomIn => &["zooms in"],
            Self::ZoomOut => &["zooms out"],
            Self::Shake => &["shakes"],
        }
    }
}

/// Other words for what is behind all things, wherever they stand.
pub(super) const BEHIND: &[(Background, &[&str])] = &[
    (Background::Grey, &["grey", "gray"]),
    (Background::Cream, &["cream", "beige"]),
    (Background::Mint, &["mint", "pale green", "light green"]),
    (Background::Dark, &["dark", "black"]),
    (Background::Sky, &["sky", "blue sky", "gradient sky"]),
    (Background::Floor, &["floor", "ground", "horizon"]),
    (
        Background::Checker,
        &["checkerboard", "chessboard", "checkered", "checker"],
    ),
    (
        Background::Night,
        &["night", "night sky", "starry sky", "dark sky"],
    ),
];

/// Other words for what the camera does, which need no camera beside them.
pub(super) const FILMED: &[(Camera, &[&str])] = &[
    (
        Camera::PanLeft,
        &["pan left", "panning left", "pan to the left"],
    ),
    (
        Camera::PanRight,
        &["pan right", "panning right", "pan to the right"],
    ),
    (Camera::PanUp, &["pan up", "panning up", "tilt up"]),
    (Camera::PanDown, &["pan down", "panning down", "tilt down"]),
    (Camera::ZoomIn, &["zoom in", "zooming in"]),
    (Camera::ZoomOut, &["zoom out", "zooming out"]),
    (Camera::Shake, &["shake", "shaking", "shaky"]),
    (Camera::Still, &["static"]),
];

/// Other words for facts, which captions do not use.
pub(super) const SHAPED: &[(Shape, &[&str])] = &[
    (Shape::Circle, &["dot"]),
    (Shape::Ring, &["doughnut", "torus"]),
    (Shape::Capsule, &["oblong"]),
    (Shape::Sphere, &["globe", "orb"]),
    (Shape::Cube, &["boxes", "die"]),
    (Shape::Triangle, &["pyramid"]),
];

/// Adjectives of speed.
pub(super) const PACED: &[(Speed, &[&str])] = &[
    (Speed::Slow, &["slow"]),
    (Speed::Fast, &["quick", "rapid", "swiftly"]),
];

/// Words that say nothing of what is seen.
pub(super) const FILLERS: &[&str] = &[
    "is",
    "are",
    "there",
    "of",
    "with",
    "in",
    "on",
    "at",
    "that",
    "which",
    "scene",
    "video",
    "clip",
    "film",
    "movie",
    "picture",
    "animation",
    "shows",
    "show",
    "showing",
    "see",
    "we",
    "can",
    "make",
    "create",
    "me",
    "please",
    "by",
    "its",
    "to",
    "for",
    "background",
    "backdrop",
    "wall",
    "front",
    "against",
    "as",
    "also",
    "while",
    "then",
    "from",
    "into",
    "across",
    "through",
    "screen",
    "frame",
    "place",
    "view",
    "this",
    "some",
    "has",
    "have",
    "being",
    "was",
    "were",
    "be",
    "around",
    "itself",
    "himself",
    "herself",
    "colour",
    "color",
    "coloured",
    "colored",
    "shape",
    "shaped",
    "speed",
    "short",
    "seconds",
    "second",
    "simple",
    "middle",
    "centre",
    "center",
    "side",
    "does",
    "not",
    "other",
    "another",
    "each",
    "both",
    "all",
    "very",
    "shot",
    "one's",
    "together",
];

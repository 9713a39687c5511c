//! What a scene holds.

/// A list of names: the type, all its values, and what each is called.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($(#[$one:meta])* $value:ident = $name:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$one])* $value),+
        }

        impl $type {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// What it is called.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }
        }
    };
}

named!(
    /// What a thing looks like.
    Shape {
        /// A disc.
        Circle = "circle",
        /// Four equal sides.
        Square = "square",
        /// Three equal sides.
        Triangle = "triangle",
        /// Five points.
        Star = "star",
        /// A disc with a hole.
        Ring = "ring",
        /// A stroke with round ends.
        Capsule = "capsule",
        /// A round body with light on it.
        Sphere = "sphere",
        /// A body of six squares.
        Cube = "cube",
        /// A body with a round foot and one point.
        Cone = "cone",
    }
);

named!(
    /// What colour a thing has.
    Colour {
        /// As blood.
        Red = "red",
        /// As the fruit.
        Orange = "orange",
        /// As lemons.
        Yellow = "yellow",
        /// As grass.
        Green = "green",
        /// Between green and blue.
        Cyan = "cyan",
        /// As the sea.
        Blue = "blue",
        /// Between blue and red.
        Purple = "purple",
        /// A pale red.
        Pink = "pink",
        /// As earth.
        Brown = "brown",
        /// As snow.
        White = "white",
    }
);

named!(
    /// How large a thing is.
    Size {
        /// A tenth of the picture.
        Small = "small",
        /// Between both.
        Medium = "medium",
        /// Four tenths of the picture.
        Large = "large",
    }
);

named!(
    /// What is on a thing.
    Pattern {
        /// Nothing.
        Plain = "plain",
        /// Bands.
        Striped = "striped",
        /// Round spots.
        Dotted = "dotted",
    }
);

named!(
    /// Where something goes.
    Direction {
        /// Towards nine o'clock.
        Left = "left",
        /// Towards three o'clock.
        Right = "right",
        /// Towards twelve o'clock.
        Up = "up",
        /// Towards six o'clock.
        Down = "down",
        /// Between up and left.
        UpLeft = "up-left",
        /// Between up and right.
        UpRight = "up-right",
        /// Between down and left.
        DownLeft = "down-left",
        /// Between down and right.
        DownRight = "down-right",
    }
);

named!(
    /// How fast something happens.
    Speed {
        /// Hardly a third of the picture in two seconds.
        Slow = "slow",
        /// As things go.
        Medium = "medium",
        /// Through most of the picture in two seconds.
        Fast = "fast",
    }
);

named!(
    /// What is behind all things.
    Background {
        /// A light grey.
        Grey = "grey",
        /// A warm white.
        Cream = "cream",
        /// A pale green.
        Mint = "mint",
        /// A dark grey.
        Dark = "dark",
        /// A sky that is lighter below.
        Sky = "sky",
        /// A floor up to a horizon.
        Floor = "floor",
        /// Squares of two greys.
        Checker = "checkerboard",
        /// A dark sky with stars.
        Night = "night sky",
    }
);

named!(
    /// What the camera does.
    Camera {
        /// It stands.
        Still = "still",
        /// It turns to the left: all things go to the right.
        PanLeft = "pan left",
        /// It turns to the right.
        PanRight = "pan right",
        /// It turns up.
        PanUp = "pan up",
        /// It turns down.
        PanDown = "pan down",
        /// It goes nearer.
        ZoomIn = "zoom in",
        /// It goes away.
        ZoomOut = "zoom out",
        /// It is held by a shaking hand.
        Shake = "shake",
    }
);

impl Colour {
    /// Red, green and blue as sRGB has them.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Red => [220, 40, 40],
            Self::Orange => [245, 135, 20],
            Self::Yellow => [250, 215, 40],
            Self::Green => [40, 165, 60],
            Self::Cyan => [30, 195, 205],
            Self::Blue => [45, 85, 225],
            Self::Purple => [135, 55, 190],
            Self::Pink => [250, 130, 180],
            Self::Brown => [130, 80, 40],
            Self::White => [250, 250, 250],
        }
    }
}

impl Size {
    /// From the middle to the rim.
    pub fn radius(self) -> f32 {
        match self {
            Self::Small => 0.085,
            Self::Medium => 0.135,
            Self::Large => 0.2,
        }
    }
}

impl Direction {
    /// A step of length one.
    pub fn step(self) -> [f32; 2] {
        let half = std::f32::consts::FRAC_1_SQRT_2;
        match self {
            Self::Left => [-1.0, 0.0],
            Self::Right => [1.0, 0.0],
            Self::Up => [0.0, 1.0],
            Self::Down => [0.0, -1.0],
            Self::UpLeft => [-half, half],
            Self::UpRight => [half, half],
            Self::DownLeft => [-half, -half],
            Self::DownRight => [half, -half],
        }
    }
}

impl Speed {
    /// Against what is medium.
    pub fn factor(self) -> f32 {
        match self {
            Self::Slow => 0.5,
            Self::Medium => 1.0,
            Self::Fast => 1.8,
        }
    }
}

impl Shape {
    /// Whether it looks the same however it is turned, when nothing is on it.
    pub fn is_round(self) -> bool {
        matches!(self, Self::Circle | Self::Ring | Self::Sphere)
    }

    /// Whether it has light and shade of its own.
    pub fn is_body(self) -> bool {
        matches!(self, Self::Sphere | Self::Cube | Self::Cone)
    }
}

impl Background {
    /// The colour in its middle, as sRGB has it.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Grey => [186, 188, 192],
            Self::Cream => [244, 234, 212],
            Self::Mint => [200, 226, 206],
            Self::Dark => [62, 64, 70],
            Self::Sky => [150, 196, 236],
            Self::Floor => [196, 186, 172],
            Self::Checker => [168, 168, 172],
            Self::Night => [16, 20, 46],
        }
    }

    /// Whether a thing of this colour stands out from it.
    pub fn bears(self, colour: Colour) -> bool {
        let (back, front) = (self.rgb(), colour.rgb());
        let distance: i32 = back
            .iter()
            .zip(front)
            .map(|(back, front)| (i32::from(*back) - i32::from(front)).pow(2))
            .sum();
        distance > 75 * 75
    }
}

/// What a thing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    /// Nothing.
    Still,
    /// It goes that way.
    Go(Direction),
    /// It jumps up and down.
    Bounce,
    /// It falls and lies.
    Fall,
    /// It circles round its place, or round the thing that it is related to.
    Orbit,
    /// It turns about itself.
    Spin,
    /// It becomes larger.
    Grow,
    /// It becomes smaller.
    Shrink,
    /// It was not there, and comes.
    Appear,
    /// It goes away where it is.
    Vanish,
    /// It takes another colour.
    Turn(Colour),
    /// It goes to another thing and moves it along.
    Push(usize),
    /// It and another thing run into each other.
    Collide(usize),
    /// It goes by before another thing.
    PassBefore(usize),
    /// It goes by behind another thing.
    PassBehind(usize),
}

impl Motion {
    /// The other thing that takes part in it.
    pub fn other(self) -> Option<usize> {
        match self {
            Self::Push(other)
            | Self::Collide(other)
            | Self::PassBefore(other)
            | Self::PassBehind(other) => Some(other),
            _ => None,
        }
    }
}

/// A thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// What it looks like.
    pub shape: Shape,
    /// Its colour.
    pub colour: Colour,
    /// How large it is.
    pub size: Size,
    /// What is on it.
    pub pattern: Pattern,
    /// What it does.
    pub motion: Motion,
    /// How fast.
    pub speed: Speed,
}

named!(
    /// Where a thing is, seen from another.
    Relation {
        /// On its left.
        LeftOf = "to the left of",
        /// On its right.
        RightOf = "to the right of",
        /// Higher up.
        Above = "above",
        /// Lower down.
        Below = "below",
    }
);

/// All that a scene holds. Nothing else has a say in how it looks, but for the seed that puts things into their places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// One thing to four.
    pub objects: Vec<Object>,
    /// Where the first thing of each is, seen from the second, when the film begins.
    pub relations: Vec<(usize, Relation, usize)>,
    /// What is behind all things.
    pub background: Background,
    /// What the camera does.
    pub camera: Camera,
}

impl Scene {
    /// Things at most.
    pub const OBJECTS_MAX: usize = 4;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_background_bears_most_colours_and_not_its_own() {
        for &background in Background::ALL {
            let borne = Colour::ALL
                .iter()
                .filter(|colour| background.bears(**colour));
            assert!(borne.count() >= 7, "{background:?}");
        }
        assert!(!Background::Cream.bears(Colour::White));
    }

    #[test]
    fn steps_are_of_length_one() {
        for direction in Direction::ALL {
            let [x, y] = direction.step();
            assert!((x.hypot(y) - 1.0).abs() < 1e-6);
        }
    }
}

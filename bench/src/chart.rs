//! Charts as SVG, on a white ground, so that they can be read on light and dark pages.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::table::{count, figure};

const COLOURS: [RGBColor; 3] = [RGBColor(0, 95, 170), RGBColor(220, 120, 0), RGBColor(0, 130, 90)];
const FONT: (&str, u32) = ("sans-serif", 16);
const TITLE: (&str, u32) = ("sans-serif", 21);
const WIDTH: u32 = 760;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A bar of two parts.
pub(crate) struct Bar<'a> {
    /// What it stands for.
    pub(crate) name: &'a str,
    /// The lengths of its parts.
    pub(crate) parts: [f64; 2],
    /// What is written at its end. Not the sum: medians do not add up.
    pub(crate) whole: f64,
}

/// Bars below each other, each with a figure at its end.
pub(crate) struct Bars<'a> {
    /// What they show, and in what unit.
    pub(crate) title: &'a str,
    /// What the parts of a bar are.
    pub(crate) parts: [&'a str; 2],
    /// The bars.
    pub(crate) bars: &'a [Bar<'a>],
}

impl Bars<'_> {
    /// Draws them into a file.
    pub(crate) fn draw(&self, path: &Path) -> Result<()> {
        const ROW: i32 = 28;
        const TOP: i32 = 64;
        const LEFT: i32 = 150;
        let longest = self
            .bars
            .iter()
            .map(|bar| bar.parts.iter().sum())
            .fold(0.0, f64::max);
        let scale = f64::from(WIDTH as i32 - LEFT - 80) / longest;
        let height = TOP + ROW * self.bars.len() as i32 + 10;
        let backend = SVGBackend::new(path, (WIDTH, height as u32));
        let area = backend.into_drawing_area();
        prepare(&area, self.title)?;
        for (place, name) in self.parts.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let x = LEFT + 120 * place as i32;
            block(&area, (x, 40), (x + 12, 52), COLOURS[place])?;
            write(&area, name, (x + 18, 39))?;
        }
        for (row, bar) in self.bars.iter().enumerate() {
            let y = TOP + ROW * row as i32;
            write(&area, bar.name, (14, y + 2))?;
            let mut x = LEFT;
            for (place, part) in bar.parts.iter().enumerate() {
                let end = x + (part * scale).round() as i32;
                block(&area, (x, y), (end, y + 18), COLOURS[place])?;
                x = end;
            }
            write(&area, &figure(bar.whole), (x + 6, y + 2))?;
        }
        area.present().map_err(failed)
    }
}

/// A line through a point in each column.
pub(crate) struct Series<'a> {
    /// What it shows.
    pub(crate) name: &'a str,
    /// The points' heights.
    pub(crate) points: Vec<f64>,
}

/// Lines over columns that stand for sizes which grow by a factor.
pub(crate) struct Lines<'a> {
    /// What they show.
    pub(crate) title: &'a str,
    /// What goes from left to right.
    pub(crate) x: &'a str,
    /// What goes from bottom to top.
    pub(crate) y: &'a str,
    /// The columns.
    pub(crate) columns: &'a [usize],
    /// The lines.
    pub(crate) series: &'a [Series<'a>],
}

impl Lines<'_> {
    /// Draws them into a file.
    pub(crate) fn draw(&self, path: &Path) -> Result<()> {
        let backend = SVGBackend::new(path, (WIDTH, 380));
        let area = backend.into_drawing_area();
        prepare(&area, self.title)?;
        let highest = self.series.iter().flat_map(|series| &series.points);
        let highest = highest.copied().fold(0.0, f64::max);
        let width = self.columns.len() as f64 - 0.5;
        let mut chart = ChartBuilder::on(&area)
            .margin(14)
            .margin_top(44)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(-0.5..width, 0.0..highest * 1.25)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(self.x)
            .y_desc(self.y)
            .x_labels(self.columns.len() + 2)
            .x_label_formatter(&|place| self.label(*place))
            .y_label_formatter(&|value| figure(*value))
            .label_style(FONT)
            .draw()
            .map_err(failed)?;
        self.draw_series(&mut chart)?;
        area.present().map_err(failed)
    }

    /// Draws the lines and what they are.
    fn draw_series<'a>(&self, chart: &mut Chart<'a>) -> Result<()> {
        for (series, colour) in self.series.iter().zip(COLOURS) {
            let points = series.points.iter().enumerate();
            let points = points.map(|(column, height)| (column as f64, *height));
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))
                .map_err(failed)?
                .label(series.name)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(RGBColor(200, 200, 200))
            .label_font(FONT)
            .draw()
            .map_err(failed)
    }

    /// What stands below the axis: the columns' sizes, and nothing between them.
    fn label(&self, place: f64) -> String {
        let column = (place.fract() == 0.0).then_some(place as usize);
        column
            .and_then(|column| self.columns.get(column))
            .map_or_else(String::new, |size| count(*size))
    }
}

fn prepare(area: &Area, title: &str) -> Result<()> {
    area.fill(&WHITE).map_err(failed)?;
    let style = TITLE.into_font().color(&BLACK);
    area.draw_text(title, &style, (14, 12)).map_err(failed)
}

fn write(area: &Area, text: &str, place: (i32, i32)) -> Result<()> {
    area.draw_text(text, &FONT.into_font().color(&BLACK), place)
        .map_err(failed)
}

fn block(area: &Area, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<()> {
    area.draw(&Rectangle::new([from, to], colour.filled()))
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw a chart: {error}")
}

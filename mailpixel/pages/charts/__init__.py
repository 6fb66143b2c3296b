"""Charts as SVG: text in, `Markup` out. Colours and textures come from classes of the style sheet.

A horizontal coordinate is a per cent of the width, so text keeps its size at every width. A chart is an image
with a label that states its numbers. Build markup from f-strings of escaped parts and wrap it in `Markup`
once, at the end: `"text" + Markup` escapes the text.

svg         the element itself, its shapes, and the hatching
scales      axes: whole numbers, and rates
parts       the parts of a whole, in one bar
open_range  the range of the open rate, with its estimates
columns     numbers over time, in stacked columns
funnel_bars  the steps of a funnel, people and machines
course      two campaigns as lines over the hours since sending
sparkline   a row of numbers as one small line
figure      a chart with its legend, and its numbers as a table
"""

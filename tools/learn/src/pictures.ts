/** What the chapters of the course draw with. Each function writes an SVG file. */
export { type HeatMap, heatMaps } from './heat-maps.js';
export { type LineChart, lineChart } from './line-chart.js';
export { type Surface, walks } from './walks.js';

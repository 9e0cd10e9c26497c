/*
 * danegate metrics: the daemon's answer to `show statistics` as OpenMetrics
 * text, for a node exporter's text file or whoever asks over SSH.
 */
#ifndef DG_CLI_METRICS_H
#define DG_CLI_METRICS_H

#include <stdio.h>

#include "base/span.h"

/*
 * Each number of the answer (one JSON object) becomes a counter danegate_NAME,
 * each object of numbers one with a label for the member. DG_ESYNTAX when the
 * answer is not that.
 */
DG_MUSTCHECK int metrics_print(FILE *to, struct span answer);

#endif

/*
 * Which danegate this is, for people and support bundles: the name that git
 * gives the sources, or what the packager said. Nothing depends on it.
 */
#ifndef DG_BASE_VERSION_H
#define DG_BASE_VERSION_H

const char *dg_version(void);

#endif

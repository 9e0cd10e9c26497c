/* ring's own build gives its functions a prefix here; nothing of ours has their
 * names. */

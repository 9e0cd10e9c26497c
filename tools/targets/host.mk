# The machine that builds. AR and CC are the system's, or the caller's.
LINKER := -pie -Wl,-z,relro,-z,now -Wl,--gc-sections

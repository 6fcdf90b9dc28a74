/* kb/version.h: the release, as `colep version` prints it. */
#ifndef KB_VERSION_H
#define KB_VERSION_H

#define COLEP_VERSION "0.1.0"

#endif

#pragma once

/// The parts of descriptions that need no file, each put behind what a description has.

#include "vision/descriptor.h"

namespace filoscope::vision {

/// R, G, B at the size that local features are taken at.
Planes local_planes(const Picture& picture);

/// Pooled dense_sift, and pooled dense_colours, by the words that ship.
PartShape edges_shape(float weight);
void append_edges(const Planes& rgb, Description& out);
PartShape local_colours_shape(float weight);
void append_local_colours(const Planes& rgb, Description& out);

/// Lab of the whole picture at the size that histograms are taken at.
Planes histogram_planes(const Picture& picture);

}  // namespace filoscope::vision

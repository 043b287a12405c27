"""Large text: every view in one column of few, big things (kiosk-20), in the light colours or in white and yellow on black."""

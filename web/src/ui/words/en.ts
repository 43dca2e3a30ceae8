/** 128 everyday words of English for passphrases. */
export const words = `apple river stone lamp garden bread winter door silver window mountain spoon honey carpet bridge candle
cotton feather market orange paper rain salt sugar table village water yellow basket button cloud dinner
eagle field flower forest glass green hammer horse island jacket kettle ladder lemon melon mirror morning
needle north onion pencil pepper pillow planet pocket potato ribbon rice road roof rope saddle school
shadow sheep shoulder silk snow soap spring star summer sun thread thunder ticket tomato tower train
tree valley violin walnut wheel wind wool almond autumn bamboo barley berry blanket boat bottle branch
brick brush butter cabin camel cherry circle clock coffee copper corner cup desert donkey dove drum
evening fig finger fountain friend grape harvest house jasmine key kite lake lantern leaf milk moon`;
